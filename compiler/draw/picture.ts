import type { ModelInstance } from "../check/instance.js";
import { eachNode } from "../cost/analyse.js";
import { AtPoint } from "../cost/at-point.js";
import { modelCost, type Point } from "../cost/model.js";
import { inBytes, quantityText, rational } from "../dim/quantity.js";
import type { InputPort, OutputPort, Type } from "../ir/graph.js";
import { repeatCost } from "../ops/cost-vector.js";
import { bytesOf } from "../ops/traffic.js";
import { folded, sizeOf } from "./fold.js";
import { branchOf } from "./lanes.js";
import { OUTSIDE, readsOf } from "./reads.js";

/** One layer: a slot of a block, or a part outside of blocks. Numbers are of one block, at the picture's point. */
export interface Box {
  /** `ffn`, `embed` */
  readonly slot: string;
  /** The layer that stands in the slot; "" where it has the slot's name. */
  readonly layer: string;
  readonly params: bigint;
  readonly flops: bigint;
  /** Rows that each token reads of tables that are read sparsely, and how many there are; 0 where there is none. */
  readonly rows: bigint;
  readonly rowsInAll: bigint;
  /** It gathers from a table that it shares. */
  readonly readsShared: boolean;
  /** `keys [batch, 16, past, 64]` */
  readonly caches: readonly string[];
}

/** A part of the model, or blocks that are alike, with the shape and the bytes that leave it. */
export interface Stage {
  /** `blocks.0 .. 4` */
  readonly label: string;
  /** Blocks that it stands for; 0 for a part outside of blocks. */
  readonly blocks: number;
  readonly boxes: readonly Box[];
  /** What stands in it again and again, `blocks` times: blocks of several kinds by turns. It has no boxes then. */
  readonly turns?: readonly Stage[];
  /** `[batch, seq, 64], 32.0 KiB` */
  readonly shape: string;
  /** How many times one pass runs each of it. */
  readonly runs: number;
  /** The model's results that it makes: `pooler_output [batch, 768]`. */
  readonly gives: readonly string[];
  /** Labels of all that it stands for. */
  readonly holds: readonly string[];
  /** The stages whose results it reads, or its first block does. */
  readonly reads: readonly Source[];
}

/** What a stage reads: a stage, or for `OUTSIDE` the inputs of the model. */
export interface Source {
  /** One of those that a stage `holds`. */
  readonly label: string;
  /** The input of the model that it is; "" for a stage. */
  readonly port: string;
  /** `[batch, seq, 64], 32.0 KiB` */
  readonly shape: string;
}

/** Stages that stand beside the flow, as an encoder does, and where their result goes. */
export interface SideLane {
  readonly stages: readonly Stage[];
  /** How many stages of the flow come before both. */
  readonly after: number;
  /** What goes on from there in the flow. */
  readonly shape: string;
  /** Index of the stage of the flow that reads it, and the slot there. */
  readonly into: number;
  readonly slot: string;
}

export interface Picture {
  readonly model: string;
  readonly point: Point;
  readonly params: bigint;
  readonly flops: bigint;
  /** `input_ids [batch, seq]` */
  readonly inputs: readonly string[];
  readonly stages: readonly Stage[];
  readonly side: SideLane | undefined;
  /** Weights of the model itself that several layers share; they stand beside the flow. */
  readonly shared: readonly Box[];
  readonly outputs: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a picture of a model shows, from its input to its output. Throws RangeError where the point lacks a size. */
export function pictureOf(instance: ModelInstance, point: Point): Picture {
  const model = modelCost(instance);
  const sized = model.at(point);
  const cost = model.costOf(model.passAt(sized));
  const now = new AtPoint(sized);
  /** A tensor between two parts, and what it takes: `[batch, seq, 64], 32.0 KiB`. */
  const edgeText = (type: Type): string => {
    const value = rational(now.whole(bytesOf(type)));
    return `${shapeText(type)}, ${quantityText({ value, unit: inBytes })}`;
  };
  const slots = new Map(instance.blocks.map((b) => [b.path, b.slots]));
  const blockOf = (path: string): string | undefined => {
    const words = path.split(".");
    return words.map((_, n) => words.slice(0, n + 1).join(".")).find((prefix) => slots.has(prefix));
  };

  const stages = new Map<string, { boxes: Map<string, Mutable<Box>>; shape: string; runs: number }>();
  const stageAt = (path: string) => {
    const label = blockOf(path) ?? path.split(".")[0]!;
    let stage = stages.get(label);
    if (stage === undefined) stages.set(label, (stage = { boxes: new Map(), shape: "", runs: 1 }));
    return { label, stage };
  };
  const boxAt = (path: string): Mutable<Box> => {
    const { label, stage } = stageAt(path);
    const slot = (slots.has(label) && path.slice(label.length + 1).split(".")[0]) || label;
    let box = stage.boxes.get(slot);
    if (box === undefined) {
      box = {
        slot,
        layer: slots.get(label)?.[slot] ?? "",
        params: 0n,
        flops: 0n,
        rows: 0n,
        rowsInAll: 0n,
        readsShared: false,
        caches: [],
      };
      stage.boxes.set(slot, box);
    }
    return box;
  };

  const gathering = new Set<Box>();
  eachNode(cost, (node, path, times) => {
    if (path === "") return;
    const box = boxAt(path);
    const { gatherRows, macs, attentionMacs } = repeatCost(node.cost, times);
    if (now.whole(gatherRows) > 0n) gathering.add(box);
    box.flops += 2n * (now.whole(macs) + now.whole(attentionMacs));
  });
  const rowOf = new Map(
    instance.start.inputPorts.map((p) => [
      p.name,
      p.value.shape.slice(1).reduce((n, d) => n * (d.int ?? 1n), 1n),
    ]),
  );
  for (const weight of model.weights) {
    const box = boxAt(weight.name);
    box.params += now.whole(weight.total);
    const rows = weight.lookup ? now.whole(weight.active) / (rowOf.get(weight.name) || 1n) : 0n;
    // One row for one token is what every embedding reads.
    if (rows > 1n && weight.active !== weight.total) {
      box.rows += rows;
      box.rowsInAll += now.whole(weight.total) / (rowOf.get(weight.name) || 1n);
    }
  }
  for (const port of instance.step.inputPorts) {
    if (port.role !== "state") continue;
    const box = boxAt(port.state.path);
    box.caches = [...box.caches, `${port.state.name} ${shapeText(port.value)}`];
  }
  // What only layers of blocks call, such as the distances that all attention reads, is shared.
  const flow = new Set<string>();
  const layers = new Map<string, string>();
  const runs = new Map<string, number>();
  for (const node of instance.start.nodes) {
    if (node.op !== "call" || node.attrs.path === "") continue;
    const { path, name } = node.attrs;
    const { label, stage } = stageAt(path);
    flow.add(label);
    layers.set(path, name);
    runs.set(path, (runs.get(path) ?? 0) + 1);
    stage.runs = Math.max(stage.runs, runs.get(path)!);
    // A block gives what its last layer gives; a part that is called again gives the first time what follows it here.
    if (slots.has(label) || stage.shape === "") stage.shape = edgeText(node.outputs[0]!);
  }

  const shared = [...stages].flatMap(([label, { boxes }]) => (flow.has(label) ? [] : [...boxes.values()]));
  const sharesTable = shared.some((box) => box.rows > 0n);
  for (const [label, { boxes }] of stages)
    for (const box of boxes.values())
      box.readsShared = sharesTable && slots.has(label) && box.rows === 0n && gathering.has(box);

  const branch = branchOf(
    instance.start,
    (path) => blockOf(path) ?? path.split(".")[0]!,
    (label) => slots.has(label),
    (value) => instance.start.outputPorts.some((p) => p.role === "data" && p.value === value),
  );
  const inFlow = [...stages].filter(([label]) => flow.has(label));
  const all = inFlow.map(([label, { boxes, shape, runs }]): Stage => {
    const shown = [...boxes.values()];
    const layer = slots.has(label) || layers.get(label) === label ? "" : (layers.get(label) ?? "");
    return {
      label,
      blocks: slots.has(label) ? 1 : 0,
      boxes: shown.filter(hasWeight).map((box) => (layer === "" ? box : { ...box, layer })),
      shape,
      runs,
      holds: [label],
      gives: [],
      reads: [],
    };
  });
  const shapeInto = (stage: Stage | undefined): string => {
    const [first = ""] = stage?.label.split(" ") ?? [];
    const node = instance.start.nodes.find(
      (n) => n.op === "call" && stageAt(n.attrs.path ?? "").label === first,
    );
    return node?.inputs[0] ? edgeText(node.inputs[0]) : "";
  };
  const labels = new Set(all.filter((stage) => stage.boxes.length > 0).map((stage) => stage.label));
  const stageOf = (path: string): string | undefined => {
    const label = blockOf(path) ?? path.split(".")[0]!;
    return labels.has(label) ? label : undefined;
  };
  const given = instance.start.inputPorts.filter((p) => p.role === "data");
  const nameOf = (type: Type) => given.find((p) => p.value === type)?.name ?? "";
  const { reads, makerOf } = readsOf(
    instance.start,
    stageOf,
    given.map((p) => p.value),
  );
  const results = instance.start.outputPorts.filter((p) => p.role === "data");
  // The inputs go in where the flow begins; that a mask goes on to every layer need not be drawn.
  const begins = (label: string) =>
    [...(reads.get(label)?.keys() ?? [])].every((from) => !reads.get(from)?.size);
  const drawn = all
    .filter((stage) => labels.has(stage.label))
    .map((stage): Stage => {
      const from = [...(reads.get(stage.label) ?? [])];
      const told = from.filter(([label]) => label !== OUTSIDE || begins(stage.label));
      const gives = results.filter((p) => makerOf(p.value) === stage.label).map(portText);
      const reading = told.map(([label, type]) => ({
        label,
        port: nameOf(type),
        shape: edgeText(type),
      }));
      return { ...stage, gives, reads: reading };
    });
  const isBeside = (stage: Stage) => branch?.labels.has(stage.label) === true;
  const main = folded(drawn.filter((stage) => !isBeside(stage)));
  return {
    model: instance.name,
    point,
    params: model.weights.reduce((sum, w) => (w.kind === "weight" ? sum + now.whole(w.total) : sum), 0n),
    flops: now.whole(cost.flops),
    inputs: ports(instance.start.inputPorts),
    stages: main,
    side: branch && {
      stages: folded(drawn.filter(isBeside)),
      after: drawn.findIndex(isBeside),
      shape: shapeInto(main[drawn.findIndex(isBeside)]),
      into: indexOf(
        branch.into,
        drawn.filter((stage) => !isBeside(stage)),
        main,
      ),
      slot: branch.slot,
    },
    shared,
    outputs: ports(instance.start.outputPorts),
  };
}

/** Wirings and the like cost nothing of their own, and say nothing in a picture. */
const hasWeight = (box: Box) => box.params + box.flops + BigInt(box.caches.length) > 0n || box.layer !== "";

function ports(list: readonly (InputPort | OutputPort)[]): string[] {
  return list.filter((p) => p.role === "data").map(portText);
}

function portText({ name, value }: { readonly name: string; readonly value: Type }): string {
  return `${name} ${shapeText(value)}`;
}

function shapeText({ shape }: Type): string {
  return `[${shape.join(", ")}]`;
}

/** Where a stage stands once its neighbours are folded. */
function indexOf(label: string, unfolded: readonly Stage[], stages: readonly Stage[]): number {
  let left = unfolded.findIndex((stage) => stage.label === label);
  return stages.findIndex((stage) => (left -= sizeOf(stage)) < 0);
}
