import { plain } from './plain.ts';

/** Rows as lines: columns as wide as their widest cell, the last cell of a row as it is. Visible characters only. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(plain));
  const widths: number[] = [];
  for (const row of cells)
    for (const [at, cell] of row.slice(0, -1).entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  return cells.map((row) =>
    row
      .map((cell, at) => cell + padding(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** The same with a heading, as one text. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${columns([heading, ...rows]).join('\n')}\n`;
}

function padding(cell: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(cell)));
}

const characters = new Intl.Segmenter();

/** Characters as people count them; wide ones are taken for one column. */
function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : Array.from(characters.segment(text)).length;
}
