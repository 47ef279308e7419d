/** Restate's server tries invocations again after longer and longer waits. They are not what a resume is to show. */

/** Resolves to the ids of those that wait, when there are some. */
export async function waitingInvocations(admin) {
  const query = "SELECT id FROM sys_invocation WHERE status = 'backing-off'";
  for (;;) {
    const response = await fetch(`${admin}/query`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query }),
    });
    if (!response.ok) throw new Error(`Restate's server answers ${response.status}: ${await response.text()}`);
    const { rows } = await response.json();
    if (rows.length > 0) return rows.map(({ id }) => id);
  }
}

/** As if their waits had run out. One that is being tried at this moment needs no help, and is refused. */
export async function tryAgain(admin, ids) {
  await Promise.all(ids.map((id) => fetch(`${admin}/invocations/${id}/resume`, { method: "PATCH" })));
}
