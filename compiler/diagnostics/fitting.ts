/** Values that would mend an error: "`heads = 3` or `heads = 5` fits"; `added` is the layer that gets the argument. */
export function fittingText(texts: readonly string[], added: string | undefined): string {
  const values = texts.map((t) => `\`${t}\``).join(" or ");
  return added === undefined ? `${values} fits` : `${values} as an argument of \`${added}\` fits`;
}
