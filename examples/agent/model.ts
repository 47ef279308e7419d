// Stands for a model and its tools, so that the example runs without a key.

export interface Message {
  readonly role: "user" | "tool";
  readonly text: string;
}

interface Reply {
  readonly answer?: string;
  readonly calls: readonly { readonly tool: string; readonly input: string }[];
}

/** Asks for the place first, then for the weather, and for a forecast when that fails. */
export async function model(messages: readonly Message[]): Promise<Reply> {
  const text = messages.map((message) => message.text).join("\n");
  console.log(`model: sees ${messages.length} message${messages.length === 1 ? "" : "s"}`);
  if (text.includes("forecast(")) return { answer: "Take an umbrella: it is 9 degrees, and it will rain.", calls: [] };
  if (text.includes("weather(")) return { calls: [{ tool: "forecast", input: "59.9,10.8" }] };
  if (text.includes("locate(")) return { calls: [{ tool: "weather", input: "59.9,10.8" }] };
  return {
    calls: [
      { tool: "locate", input: "Oslo" },
      { tool: "clock", input: "Oslo" },
    ],
  };
}

export function tools(tool: string, input: string): string {
  console.log(`tool: ${tool}(${input})`);
  if (tool === "locate") return "59.9,10.8";
  if (tool === "clock") return "08:15";
  if (tool === "forecast") return "9 degrees, rain";
  throw new Error("the station does not answer");
}
