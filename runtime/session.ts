import { checkAssumptions, InputError, type Inputs, mentions, readSizes, type Sizes } from "./inputs.js";
import type { Manifest } from "./manifest.js";
import type { HostTensor, Model, StateHandle } from "./model.js";
import { evaluateSize } from "./size-expression.js";

export type Outputs = Readonly<Record<string, HostTensor>>;

/**
 * Runs a model step by step and keeps its state. If the model has none, or its context is full, it runs again
 * from the last positions; the caller notices only the time.
 */
export class Session {
  private state: StateHandle | undefined;
  /** All data inputs since `start`, along their `seq` axis. */
  private history: Record<string, HostTensor> = {};
  /** Positions that the model sees now. */
  past = 0;
  /** How often the context or the states were full, so that the last half was computed again. */
  recomputed = 0;
  /** Numbers that the model takes (`latents`), if they differ from the defaults. */
  counts: Sizes = {};

  constructor(
    readonly model: Model,
    readonly manifest: Manifest,
  ) {}

  /** Starts again with a whole sequence. Throws InputError if the inputs do not fit or exceed the context. */
  async start(inputs: Inputs): Promise<Outputs> {
    return this.begin(inputs, this.counts);
  }

  private async begin(inputs: Inputs, counts: Sizes): Promise<Outputs> {
    const sizes = readSizes(this.manifest, inputs, undefined, counts);
    const { context } = this.manifest;
    const seq = sizes.seq ?? 0;
    if (context !== null && seq > context)
      throw new InputError(
        `${seq} positions do not fit in the context of \`${this.manifest.model}\`, which is ${context}`,
      );
    checkAssumptions(this.manifest, sizes);
    const { outputs, state } = await this.model.run("start", inputs, undefined, counts);
    this.replace(state, seq, { ...inputs });
    return outputs;
  }

  /** Continues; outputs are those of the new positions. Throws InputError if the inputs do not fit. */
  async step(inputs: Inputs): Promise<Outputs> {
    if (!this.state) return this.start(inputs);
    const sizes = readSizes(this.manifest, inputs, this.state, this.counts);
    const seq = sizes.seq ?? 0;
    const { context, states } = this.manifest;
    const full = context !== null && this.past + seq > context;
    const halved = this.halved(sizes);
    if (states.length === 0 || full || halved)
      return this.again(inputs, seq, full ? Math.ceil(context / 2) : undefined, halved ?? this.counts);
    checkAssumptions(this.manifest, sizes);
    const { outputs, state } = await this.model.run("step", inputs, this.state, this.counts);
    this.replace(state, this.past + seq, this.joined(inputs));
    return outputs;
  }

  /** Forgets everything; the next `step` starts again. */
  reset(): void {
    this.state?.dispose();
    this.state = undefined;
    this.history = {};
    this.past = 0;
  }

  /** Frees state and model. */
  async dispose(): Promise<void> {
    this.reset();
    await this.model.dispose();
  }

  /** Runs from the last `keep` positions (all if undefined), the new ones included. */
  private async again(
    inputs: Inputs,
    seq: number,
    keep: number | undefined,
    counts: Sizes,
  ): Promise<Outputs> {
    const whole = this.joined(inputs);
    const kept: Record<string, HostTensor> = {};
    for (const { name, shape } of this.manifest.inputs) {
      const axis = Math.max(shape.indexOf("seq"), wholeAxis(shape));
      kept[name] =
        axis < 0 || keep === undefined ? whole[name]! : last(whole[name]!, axis, Math.max(keep, seq));
    }
    if (keep !== undefined || counts !== this.counts) this.recomputed++;
    const outputs = await this.begin(kept, counts);
    const fresh: Record<string, HostTensor> = {};
    for (const { name, shape } of this.manifest.outputs) {
      const axis = shape.findIndex(isOfPositions);
      fresh[name] = axis < 0 ? outputs[name]! : last(outputs[name]!, axis, seq);
    }
    return fresh;
  }

  /** If the states have no room for the new positions: the model's counts, with half of what they keep. */
  private halved(sizes: Sizes): Sizes | undefined {
    const { symbols, assumptions } = this.manifest;
    const halves: Record<string, number> = {};
    for (const { name, left = "" } of symbols) {
      const full = assumptions.some(
        (a) => mentions(a.left, name) && evaluateSize(a.left, sizes) > evaluateSize(a.right, sizes),
      );
      if (!full) continue;
      for (const { name: count, usual } of symbols)
        if (usual !== undefined && mentions(left, count)) halves[count] = Math.ceil(sizes[name]! / 2);
    }
    return Object.keys(halves).length === 0 ? undefined : { ...this.counts, ...halves };
  }

  private joined(inputs: Inputs): Record<string, HostTensor> {
    const whole: Record<string, HostTensor> = {};
    for (const { name, shape } of this.manifest.inputs) {
      const axis = shape.indexOf("seq");
      whole[name] = axis < 0 ? inputs[name]! : join(this.history[name]!, inputs[name]!, axis);
    }
    return whole;
  }

  private replace(state: StateHandle, past: number, history: Record<string, HostTensor>): void {
    this.state?.dispose();
    this.state = state;
    this.past = past;
    this.history = history;
  }
}

/** The axis of an input that covers past and new positions, such as a padding mask; each step gives all of it. */
function wholeAxis(shape: readonly (number | string)[]): number {
  return shape.findIndex((size) => typeof size === "string" && evaluateSize(size, { seq: 1, past: 2 }) === 3);
}

/** Whether an axis of an output is as long as the new positions, or as the part of them that a count selects. */
function isOfPositions(size: number | string): boolean {
  return size === "seq" || (typeof size === "string" && /^min\(\w+, seq\)$/.test(size));
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** `count` elements of an axis, starting at `from`. */
function cut(tensor: HostTensor, axis: number, from: number, count: number): HostTensor {
  const { dtype, shape, data } = tensor;
  const size = shape[axis]!;
  const inner = product(shape.slice(axis + 1));
  const rows = product(shape.slice(0, axis));
  const made = emptyLike(tensor, rows * count * inner);
  for (let row = 0; row < rows; row++) {
    const begin = (row * size + from) * inner;
    made.set(data.subarray(begin, begin + count * inner), row * count * inner);
  }
  return { dtype, shape: shape.with(axis, count), data: made };
}

function last(tensor: HostTensor, axis: number, count: number): HostTensor {
  const size = tensor.shape[axis]!;
  return count >= size ? tensor : cut(tensor, axis, size - count, count);
}

function join(a: HostTensor, b: HostTensor, axis: number): HostTensor {
  const rows = product(a.shape.slice(0, axis));
  const [left, right] = [product(a.shape.slice(axis)), product(b.shape.slice(axis))];
  const made = emptyLike(a, rows * (left + right));
  for (let row = 0; row < rows; row++) {
    made.set(a.data.subarray(row * left, (row + 1) * left), row * (left + right));
    made.set(b.data.subarray(row * right, (row + 1) * right), row * (left + right) + left);
  }
  return { dtype: a.dtype, shape: a.shape.with(axis, a.shape[axis]! + b.shape[axis]!), data: made };
}

function emptyLike({ dtype }: HostTensor, count: number): HostTensor["data"] {
  return dtype === "f32"
    ? new Float32Array(count)
    : dtype === "i32"
      ? new Int32Array(count)
      : new Uint8Array(count);
}
