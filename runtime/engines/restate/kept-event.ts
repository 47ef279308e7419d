/**
 * How an event is kept in the state of its object. The first line of its text is its time, in so many digits that lines sort
 * by it, its name and what became of it; the second line is the event.
 */
import type { Serde } from "@restatedev/restate-sdk";
import type { EventView } from "../../store.ts";

/** Key of the event in the state of its object. */
export const eventKey = "event";

export const eventSerde: Serde<EventView> = {
  contentType: "text/plain",
  serialize: (event) => {
    const { receivedAt, name, fate } = event;
    return Buffer.from(`${timeText(receivedAt)}${JSON.stringify([fate, name])}\n${JSON.stringify(event)}`);
  },
  deserialize: (bytes) => eventOf(Buffer.from(bytes).toString()),
};

export function eventOf(text: string): EventView {
  return JSON.parse(text.slice(text.indexOf("\n") + 1)) as EventView;
}

/** A time as the texts of events begin with. */
export function timeText(time: number): string {
  return String(time).padStart(16, "0");
}
