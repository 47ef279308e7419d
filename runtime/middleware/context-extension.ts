/** In a file of its own: TypeScript merges declarations only into what an entry exports as a whole. */

/**
 * What the middleware of a program adds to the context of handlers with `transformContext`. Declare it once:
 *
 * @example
 * declare module "backstitch" {
 *   interface ContextExtension {
 *     readonly db: Database;
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: programs declare what is in it
export interface ContextExtension {}
