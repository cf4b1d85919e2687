const sizes = { vocab: "256", seq: "64", dim: "32", heads: "4" };

/** A model of a base of the library at small sizes, with lines of its own. */
export const model = (base: string, lines: string, over: Readonly<Record<string, string>> = {}): string =>
  [
    `import { ${base} } from "std"`,
    "",
    `model Mine : ${base} {`,
    ...Object.entries({ ...sizes, ...over }).map(([k, v]) => `  ${k} = ${v}`),
    ...lines.split("\n").map((l) => `  ${l}`),
    "}",
    "",
  ].join("\n");

export const attn = (layer: string, over?: Readonly<Record<string, string>>): string =>
  model("decoder", `blocks 2 {\n  attn = ${layer}\n  ffn = mlp()\n}`, over);

export const ffn = (layer: string): string =>
  model("decoder", `blocks 2 {\n  attn = attention(heads, causal = true)\n  ffn = ${layer}\n}`);

export const span = (layer: string, over?: Readonly<Record<string, string>>): string =>
  model(
    "decoder",
    `positions = no_positions()\nblocks 2 {\n  attn = ${layer}\n  ffn = mlp()\n}\nweight places: [K = 8, A = 64]`,
    over,
  );

export const reformer = (positions: string, layer: string): string =>
  model(
    "reformer",
    `positions = ${positions}\nhead = untied(vocab)\nblocks 2 {\n  attn = ${layer}\n  ffn = mlp()\n}`,
  );

export const local = "local_attention(heads, chunk = 4, causal = true)";
export const grid = "axial_positions([8, 8], [8, 24])";

export const sparse = (layer: string, over?: Readonly<Record<string, string>>): string =>
  model("sparse_transformer", `blocks 2 { attn = ${layer} }`, { stride: "4", ...over });

export const clusters = (embed: string, over?: Readonly<Record<string, string>>): string =>
  model(
    "decoder",
    `embed = ${embed}\nhead = adaptive_softmax(embed)\nblocks 2 {\n  attn = attention(heads, causal = true)\n  ffn = mlp()\n}`,
    { vocab: "1000", ...over },
  );

export const xl = (over: Readonly<Record<string, string>>, lines = ""): string =>
  model("transformer_xl_shared", `${lines}\nblocks 2`, { memory: "24", ...over });

export const persistent = (
  layer: string,
  over?: Readonly<Record<string, string>>,
  places = "[K = 8, A = 64]",
): string =>
  model(
    "decoder",
    `positions = no_positions()\nblocks 2 {\n  attn = ${layer}\n  ffn = none\n  wiring = post_norm(attn, ffn)\n}\nweight places: ${places}`,
    over,
  );

export const allAttention = (memory: string, more = "", over?: Readonly<Record<string, string>>): string =>
  persistent(`span_attention(heads, 64, table = places, memory = ${memory}${more})`, over);

export const xlnet = (lines: string, over?: Readonly<Record<string, string>>): string =>
  model("xlnet", lines, over);

export const perceiver = (lines: string, over?: Readonly<Record<string, string>>): string =>
  model("perceiver_ar", `${lines}\nblocks 2`, { most: "6", ...over });
