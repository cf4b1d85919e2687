/** More names than anyone reads. */
const most = 30;

/** "`a`, `b`, `c`"; of very many names the first, and how many more there are. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, most).map((name) => `\`${name}\``);
  const more = names.length > most ? [`and ${names.length - most} more`] : [];
  return [...shown, ...more].join(", ");
}
