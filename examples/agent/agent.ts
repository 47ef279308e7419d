// An agent: a model is asked what to do, its tools are called, until it answers. No call is made twice, whatever crashes.
import { Backstitch, NonRetriableError, type Step } from "backstitch";
import { sqlite } from "backstitch/sqlite";
import { type Message, model, tools } from "./model.js";

const client = new Backstitch<{ "agent/asked": { data: { question: string } } }>({
  id: "agent",
  store: sqlite({ path: process.env.EXAMPLE_DATABASE ?? "agent.db" }),
});

client.createFunction({ id: "agent" }, { event: "agent/asked" }, async ({ event, step }) => {
  const messages: Message[] = [{ role: "user", text: event.data.question }];
  for (let turn = 0; turn < 8; turn++) {
    const reply = await step.ai.wrap("ask-model", model, messages);
    if (reply.answer !== undefined) return reply.answer;
    messages.push(...(await Promise.all(reply.calls.map((call) => use(step, call.tool, call.input)))));
  }
  throw new NonRetriableError("the model finds no end");
});

/** What a tool says, or why it failed: the model may try another way. */
async function use(step: Step, tool: string, input: string): Promise<Message> {
  try {
    const text = await step.run({ id: `tool-${tool}`, retries: 1, backoff: ["10ms"] }, () => tools(tool, input));
    return { role: "tool", text: `${tool}(${input}) = ${text}` };
  } catch (error) {
    return { role: "tool", text: `${tool}(${input}) failed: ${(error as Error).message}` };
  }
}

const worker = client.worker({ pollMs: 20 });
await worker.start();
await client.send({ name: "agent/asked", data: { question: "What should I wear in Oslo today?" } });
const run = await end();
console.log(`${run.status}: ${run.output}`);
await client.close();

async function end() {
  for (;;) {
    const [run] = await client.runs.list();
    if (run) return client.runs.wait(run.id);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
