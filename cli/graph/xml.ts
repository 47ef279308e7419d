/** Pieces of an SVG file. */

/** Two decimals are finer than any screen. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
}

export function element(name: string, values: Readonly<Record<string, string>>, text: string): string {
  return `<${name}${attributes(values)}>${escaped(text)}</${name}>`;
}

/** Centred lines of text from `top` on. */
export function textLines(
  lines: readonly string[],
  { x, top, line, size, class: name }: { x: number; top: number; line: number; size: number; class?: string },
): string[] {
  return lines.map((text, index) =>
    element(
      "text",
      {
        ...(name !== undefined && { class: name }),
        x: number(x),
        // The middle of the small letters stands on the middle of the line.
        y: number(top + (index + 0.5) * line + size * 0.34),
        "font-size": number(size),
      },
      text,
    ),
  );
}

function escaped(text: string): string {
  // XML has no way to write the other control characters.
  const plain = [...text].map((character) => (character < " " && !"\t\n\r".includes(character) ? "\uFFFD" : character));
  return plain.join("").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
