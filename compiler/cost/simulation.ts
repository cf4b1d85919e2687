import type { Dim } from "../dim/dim.js";
import type { DType, Graph, Node, NodeOf, Region, Value } from "../ir/graph.js";
import { pathAt } from "../ir/path.js";
import { AtPoint } from "./at-point.js";
import { isView, planOf } from "./liveness.js";
import type { MemoryReport, Moment, ScheduleRules, Sizes } from "./memory-report.js";
import type { CostRules } from "./rules.js";

/** A block of memory: freed when no value that lies in it is needed any more. */
interface Storage {
  bytes: bigint;
  readonly state: boolean;
  holders: number;
}

/** The moment of a run at which most is held beside what was there before. */
interface Peak {
  readonly states: bigint;
  readonly activations: bigint;
  readonly workspace: bigint;
  readonly op: Moment;
  /** As seen from the instance whose run it is. */
  readonly path: string;
}

/** One run of the body of a call: the same for every call of it, as its operands are held around it. */
interface Run {
  /** Undefined where nothing is computed. */
  readonly peak: Peak | undefined;
  /** What it made and leaves. */
  readonly made: readonly Storage[];
  /** Where each result lies: in what was made, or in an operand. */
  readonly results: readonly ({ readonly made: number } | { readonly operand: number })[];
}

/** One run of a graph at a point, node by node, and the most that is held meanwhile. `run` may be asked once. */
export class Simulation {
  private live = 0n;
  private liveStates = 0n;
  private most = -1n;
  private peak: Peak | undefined;
  private readonly runs = new Map<Region, Map<string, Run>>();
  private readonly point: AtPoint;
  /** Results that are written over what they replace. */
  private overwriting: ReadonlySet<Value> = new Set();
  /** Of each shape: values of blocks alike share theirs. */
  private readonly elements = new Map<readonly Dim[], bigint>();

  constructor(
    sizes: Sizes,
    private readonly dtypeBytes: Readonly<Record<DType, number>>,
    private readonly weightBytes: number,
    private readonly paths: ReadonlyMap<Node, string> | undefined,
    private readonly runtime: ScheduleRules | undefined,
    private readonly costs: CostRules,
  ) {
    this.point = new AtPoint(sizes);
  }

  run(graph: Graph, gradients?: ReadonlySet<Value>): MemoryReport {
    let weights = 0n;
    let buffers = 0n;
    let givenStates = 0n;
    const nextStates = new Set<Value>();
    for (const port of graph.outputPorts) if (port.role === "state") nextStates.add(port.value);
    if (gradients) this.overwriting = nextStates;
    const inputs = graph.inputPorts.map((port) => {
      const bytes = this.bytes(port.value, port.role === "weight" ? this.weightBytes : undefined);
      if (port.role === "weight") {
        if (port.weight.kind === "weight") weights += bytes;
        else buffers += bytes;
      } else if (port.role === "state") givenStates += bytes;
      // Weights and states are the session's: held throughout, so that the run itself never frees them.
      return this.allocate(port.role === "data" ? bytes : 0n, false);
    });
    this.note("inputs", "", 0n);
    this.region(graph, inputs, "", gradients ?? nextStates);
    const heap = givenStates + this.most;
    const readBack = this.runtime ? this.readBack(graph, this.runtime.readsStates) : 0n;
    if (readBack > 0n) this.note("outputs", "", readBack);
    const { states, activations, workspace, op, path } = this.peak!;
    return {
      weights,
      buffers,
      states: givenStates + states,
      activations,
      workspace,
      total: weights + buffers + givenStates + states + activations + workspace,
      heap,
      readBack,
      peak: { op, path },
    };
  }

  /**
   * Runs a region whose inputs lie in `inputs`, each held by the caller for this region; gives the storage of its
   * outputs, held for the caller.
   */
  private region(
    region: Region,
    inputs: readonly Storage[],
    path: string,
    states?: ReadonlySet<Value>,
  ): Storage[] {
    const plan = planOf(region, this.costs);
    const at = new Map<Value, Storage>();
    region.inputs.forEach((v, i) => {
      at.set(v, inputs[i]!);
    });
    const release = (v: Value) => this.release(at.get(v)!);
    plan.unused.forEach(release);
    region.nodes.forEach((node, i) => {
      const operands = node.inputs.map((v) => at.get(v)!);
      const outputs = this.node(node, operands, plan.workspace[i]!, path, states);
      node.outputs.forEach((v, k) => {
        const storage = outputs[k]!;
        at.set(v, storage);
        if (!this.overwriting.has(v)) return;
        this.live -= storage.bytes;
        storage.bytes = 0n;
      });
      plan.dying[i]!.forEach(release);
    });
    return region.outputs.map((v, i) => {
      const storage = at.get(v)!;
      if (region.outputs.indexOf(v) < i) storage.holders++; // Returned before: each return is a hold.
      return storage;
    });
  }

  private node(
    node: Node,
    operands: readonly Storage[],
    workspace: Dim,
    path: string,
    states: ReadonlySet<Value> | undefined,
  ): Storage[] {
    if (node.op === "call" && !this.runtime?.kernels.has(node.attrs.name))
      return this.call(node, operands, path, states);
    if (isView(node)) {
      operands[0]!.holders++;
      return [operands[0]!];
    }
    const scratch = this.runtime?.scratch(node, (v) => this.bytes(v), this.point) ?? 0n;
    const outputs = node.outputs.map((v) => this.allocate(this.bytes(v), states?.has(v) ?? false));
    this.note(node.op, this.paths?.get(node) ?? path, this.point.whole(workspace) + scratch);
    if (node.op === "map") this.mapBody(node.attrs.body, node.attrs.mapped, operands, path);
    return outputs;
  }

  private call(
    node: NodeOf<"call">,
    operands: readonly Storage[],
    path: string,
    states: ReadonlySet<Value> | undefined,
  ): Storage[] {
    const { body } = node.attrs;
    const kept = node.outputs.map((v) => states?.has(v) ?? false);
    const known = this.runs.get(body) ?? new Map<string, Run>();
    this.runs.set(body, known);
    const run = known.get(`${kept}`) ?? this.runOf(body, kept);
    known.set(`${kept}`, run);
    if (run.peak) this.reach(run.peak, pathAt(path, node.attrs.path));
    const made = run.made.map(({ bytes, state }) => this.allocate(bytes, state, 0));
    return run.results.map((result) => {
      const storage = "made" in result ? made[result.made]! : operands[result.operand]!;
      storage.holders++;
      return storage;
    });
  }

  /** Runs a body with nothing else around it. `kept` says which of its results are states of the model. */
  private runOf(body: Region, kept: readonly boolean[]): Run {
    const { live, liveStates, most, peak } = this;
    this.live = this.liveStates = 0n;
    this.most = -1n;
    this.peak = undefined;
    const operands = body.inputs.map((): Storage => ({ bytes: 0n, state: false, holders: 1 }));
    const outputs = this.region(body, operands, "", new Set(body.outputs.filter((_, i) => kept[i])));
    const made = [...new Set(outputs)].filter((storage) => !operands.includes(storage));
    const results = outputs.map((storage) =>
      operands.includes(storage) ? { operand: operands.indexOf(storage) } : { made: made.indexOf(storage) },
    );
    const run = { peak: this.peak, made, results };
    Object.assign(this, { live, liveStates, most, peak });
    return run;
  }

  /** Bytes of what the host gets, beside what the runtime holds. */
  private readBack(graph: Graph, states: boolean): bigint {
    return graph.outputPorts
      .filter((port) => states || port.role === "data")
      .reduce((sum, port) => sum + this.bytes(port.value), 0n);
  }

  /** One trip of a map: slices of the mapped operands, the others as they are, results copied into the stack. */
  private mapBody(body: Region, mapped: number, operands: readonly Storage[], path: string): void {
    const inputs = body.inputs.map((v, i) => {
      if (i < mapped) return this.allocate(this.bytes(v), false);
      operands[i]!.holders++;
      return operands[i]!;
    });
    for (const storage of this.region(body, inputs, path)) this.release(storage);
  }

  private allocate(bytes: bigint, state: boolean, holders = 1): Storage {
    if (state) this.liveStates += bytes;
    else this.live += bytes;
    return { bytes, state, holders };
  }

  private release(storage: Storage): void {
    if (--storage.holders > 0) return;
    if (storage.state) this.liveStates -= storage.bytes;
    else this.live -= storage.bytes;
  }

  private note(op: Moment, path: string, workspace: bigint): void {
    this.reach({ states: 0n, activations: 0n, workspace, op, path: "" }, path);
  }

  /** What is held now and `more` beside it, in the instance at `path`. */
  private reach(more: Peak, path: string): void {
    const states = this.liveStates + more.states;
    const activations = this.live + more.activations;
    const { workspace, op } = more;
    const held = states + activations + workspace;
    if (held <= this.most) return;
    this.most = held;
    this.peak = { states, activations, workspace, op, path: pathAt(path, more.path) };
  }

  private bytes(value: Value, each = this.dtypeBytes[value.dtype]): bigint {
    const { shape } = value;
    let elements = this.elements.get(shape);
    if (elements === undefined) {
      elements = 1n;
      for (const dim of shape) elements *= this.point.whole(dim);
      this.elements.set(shape, elements);
    }
    return elements * BigInt(each);
  }
}
