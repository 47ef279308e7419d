/**
 * Every JavaScript string can be stored and comes back the same.
 *
 * Databases keep UTF-8, where a lone surrogate has no place; libsql cuts text at U+0000 without a word, and Postgres refuses
 * it. Such characters can stand in step ids and event names. They are written as U+001A (SUBSTITUTE) and four hex digits; so is U+001A
 * itself, which keeps the mapping one to one and so keeps equality. Other text is stored as it is.
 */
const mark = "\u001A";
const marked = new RegExp(`${mark}([0-9a-f]{4})`, "g");

/** Node 20 has this method; the types of ES2023 do not. */
type Utf16Text = string & { isWellFormed(): boolean };

/** The form in which `text` is stored. */
export function storedText(text: string): string {
  // A frame can be large: these searches are native, and 30 times faster than a regular expression.
  if ((text as Utf16Text).isWellFormed() && !text.includes("\0") && !text.includes(mark)) return text;
  // The mark itself comes first, or the marks of the others would be replaced too.
  return text
    .replaceAll(mark, escaped)
    .replaceAll("\0", escaped)
    .replace(/\p{Cs}/gu, escaped);
}

/** The text that was given to `storedText`. */
export function originalText(stored: string): string {
  if (!stored.includes(mark)) return stored;
  return stored.replace(marked, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));
}

function escaped(unit: string): string {
  return mark + unit.charCodeAt(0).toString(16).padStart(4, "0");
}
