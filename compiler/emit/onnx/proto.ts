import type { onnx } from "onnx-proto";
import onnxProto from "onnx-proto";
import type { Dim } from "../../dim/dim.js";
import type { DType, Type } from "../../ir/graph.js";

const schema = onnxProto.onnx;

/** ONNX's element types. archc's integers are int64 there: indices of every op, sizes and token ids are. */
export const elementType: Readonly<Record<DType, number>> = {
  f32: schema.TensorProto.DataType.FLOAT,
  i32: schema.TensorProto.DataType.INT64,
  bool: schema.TensorProto.DataType.BOOL,
};

export const INT32: number = schema.TensorProto.DataType.INT32;

export type Tensor = onnx.ITensorProto;
export type OnnxNode = onnx.INodeProto;

/** An attribute by its JS value: whole numbers are ints unless wrapped by `float`. */
export type Attribute = number | string | readonly number[] | Tensor | OnnxGraph | { readonly float: number };

/** A graph as a node's attribute. */
export interface OnnxGraph {
  readonly graph: onnx.IGraphProto;
}

export function attributes(values: Readonly<Record<string, Attribute>>): onnx.IAttributeProto[] {
  return Object.entries(values).map(([name, value]) => attribute(name, value));
}

function attribute(name: string, value: Attribute): onnx.IAttributeProto {
  const types = schema.AttributeProto.AttributeType;
  if (typeof value === "number") return { name, type: types.INT, i: value };
  if (typeof value === "string") return { name, type: types.STRING, s: new TextEncoder().encode(value) };
  if (isList(value)) return { name, type: types.INTS, ints: [...value] };
  if ("float" in value) return { name, type: types.FLOAT, f: value.float };
  if ("graph" in value) return { name, type: types.GRAPH, g: value.graph };
  return { name, type: types.TENSOR, t: value };
}

function isList(value: Attribute): value is readonly number[] {
  return Array.isArray(value);
}

/** A tensor with its data inside; numbers for every dtype, as a `constant` node holds them. */
export function tensor(
  name: string,
  dtype: DType,
  shape: readonly number[],
  data: readonly number[],
): Tensor {
  return { name, dataType: elementType[dtype], dims: [...shape], rawData: rawBytes(dtype, data) };
}

function rawBytes(dtype: DType, data: readonly number[]): Uint8Array {
  if (dtype === "f32") return new Uint8Array(Float32Array.from(data).buffer);
  if (dtype === "i32") return new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
  return Uint8Array.from(data);
}

/** A tensor whose bytes stand in another file, beside the model. */
export function externalTensor(
  name: string,
  dataType: number,
  shape: readonly number[],
  place: { readonly file: string; readonly offset: number; readonly bytes: number },
): Tensor {
  return {
    name,
    dataType,
    dims: [...shape],
    dataLocation: schema.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: place.file },
      { key: "offset", value: String(place.offset) },
      { key: "length", value: String(place.bytes) },
    ],
  };
}

/** A value's name and type; sizes of run time by their expression (`past + seq`). */
export function valueInfo(name: string, type: Type): onnx.IValueInfoProto {
  const dim = type.shape.map(dimension);
  return { name, type: { tensorType: { elemType: elementType[type.dtype], shape: { dim } } } };
}

function dimension(dim: Dim): onnx.TensorShapeProto.IDimension {
  return dim.int === undefined ? { dimParam: dim.toString() } : { dimValue: Number(dim.int) };
}

/** The bytes of a model. Equal models give equal bytes: fields are written in the schema's order, lists in ours. */
export function encodeModel(
  graph: onnx.IGraphProto,
  head: { readonly opset: number; readonly ir: number; readonly version: string },
): Uint8Array {
  const model: onnx.IModelProto = {
    irVersion: head.ir,
    producerName: "archc",
    producerVersion: head.version,
    opsetImport: [{ domain: "", version: head.opset }],
    graph,
  };
  return schema.ModelProto.encode(model).finish();
}

/** A tensor of 32-bit integers as the 64 bits that all nodes read. */
export function widen(from: string, to: string): OnnxNode {
  return {
    opType: "Cast",
    name: `${to}/Cast`,
    input: [from],
    output: [to],
    attribute: attributes({ to: elementType.i32 }),
  };
}
