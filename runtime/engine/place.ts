/** Where the code of a call stands while it waits. */
import type { AwaitedImage } from "./awaited-cursors.ts";
import type { CursorImage } from "./cursors.ts";
import type { Resource } from "./resources.ts";

/** Where a frame of a parked run is. `returned`: its code has ended, it waits for the handle that it returned. */
export interface Place {
  readonly label: string;
  readonly returned: boolean;
}

/** What its code has open where it is parked: loops, resources and `catch` blocks, by their names. */
export interface OpenAtPlace {
  readonly cursors?: Readonly<Record<string, CursorImage | AwaitedImage>>;
  readonly resources?: Readonly<Record<string, readonly Resource[]>>;
  readonly caught?: Readonly<Record<string, unknown>>;
}

/** The place of a frame that has not begun. No suspension has this label. */
export const start: Place = { label: "", returned: false };
