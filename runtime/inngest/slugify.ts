/**
 * The text in small letters, with a dash for all between letters and digits.
 *
 * @example slugify("Send a Welcome e-mail!") // "send-a-welcome-e-mail"
 */
export function slugify(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/-+/g, "-")
    .replace(/^-+|-+$/g, "");
}
