import onnxProto, { type onnx } from "onnx-proto";

/** An ONNX model as text: what it takes, holds, computes and gives, a line each, attributes and small constants too. */
export function onnxText(bytes: Uint8Array): string {
  const model = onnxProto.onnx.ModelProto.decode(bytes);
  const graph = model.graph!;
  const opsets = model.opsetImport!.map((o) => `${o.domain || "ai.onnx"} ${o.version}`).join(", ");
  return [
    `ir ${model.irVersion}, ${opsets}`,
    ...graph.input!.map((i) => `input ${typed(i)}`),
    ...graph.initializer!.map(constant),
    ...nodes(graph, ""),
    ...graph.output!.map((o) => `output ${typed(o)}`),
    ...graph.valueInfo!.map((v) => `value ${typed(v)}`),
    "",
  ].join("\n");
}

function typed(info: onnx.IValueInfoProto): string {
  const tensor = info.type!.tensorType!;
  const dims = tensor.shape!.dim!.map((d) => d.dimParam || String(d.dimValue)).join(", ");
  return `${info.name} type ${tensor.elemType} [${dims}]`;
}

function constant(tensor: onnx.ITensorProto): string {
  const place = tensor.externalData!.map((e) => `${e.key} ${e.value}`).join(" ");
  const held =
    place === ""
      ? Buffer.from(tensor.rawData ?? new Uint8Array())
          .toString("hex")
          .slice(0, 64)
      : place;
  return `${place === "" ? "constant" : "weight"} ${tensor.name} type ${tensor.dataType} [${tensor.dims!.join(", ")}] ${held}`.trimEnd();
}

function nodes(graph: onnx.IGraphProto, indent: string): string[] {
  return graph.node!.flatMap((node) => {
    const attributes = node.attribute!.map((a) => `${a.name}=${attribute(a)}`).join(" ");
    const domain = node.domain ? `${node.domain}.` : "";
    const line = `${indent}${node.output!.join(", ")} = ${domain}${node.opType}(${node.input!.join(", ")}) ${attributes}`;
    const bodies = node.attribute!.flatMap((a) => (a.g ? nodes(a.g, `${indent}  `) : []));
    return [line.trimEnd(), ...bodies];
  });
}

function attribute(a: onnx.IAttributeProto): string {
  switch (a.type) {
    case onnxProto.onnx.AttributeProto.AttributeType.FLOAT:
      return String(a.f);
    case onnxProto.onnx.AttributeProto.AttributeType.INT:
      return String(a.i);
    case onnxProto.onnx.AttributeProto.AttributeType.STRING:
      return JSON.stringify(Buffer.from(a.s!).toString("utf8"));
    case onnxProto.onnx.AttributeProto.AttributeType.INTS:
      return `[${a.ints!.join(", ")}]`;
    case onnxProto.onnx.AttributeProto.AttributeType.FLOATS:
      return `[${a.floats!.join(", ")}]`;
    default:
      return `of type ${a.type}`;
  }
}
