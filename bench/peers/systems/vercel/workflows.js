/** The functions that Vercel's compiler knows by their directives. */

async function work(index) {
  "use step";
  return globalThis.probe(index);
}

async function charge() {
  "use step";
  return globalThis.probe(1);
}
charge.maxRetries = 0;

export async function loop(steps) {
  "use workflow";
  for (let index = 0; index < steps; index++) await work(index);
}

export async function undone() {
  "use workflow";
  try {
    await work(0);
    await charge();
  } catch {
    await work(2);
  }
}
