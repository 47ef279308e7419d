/** Stands between a store and its server, and cuts the connection where an answer is on its way. For the tests. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #answers = 0;
  #cutAt: number | undefined;
  #cuts = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target the URL of the server */
  static async start(target: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on("connection", (client) => proxy.#connected(client, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** How many answers were cut off so far. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Cuts the connection in front of the end of the `count`th answer from now: the server has done what it answers. 0: never. */
  cutAfter(count: number): void {
    this.#answers = 0;
    this.#cutAt = count;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connected(client: Socket, server: Socket): void {
    let isReady = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (data) => server.write(data));
    server.on("data", (data) => {
      // ReadyForQuery ends an answer; the first one ends the beginning of a connection.
      const isWhole = data.length >= 6 && data[data.length - 6] === "Z".charCodeAt(0);
      if (isReady && isWhole && this.#isToBeCut()) client.destroy();
      else client.write(data);
      isReady ||= isWhole;
    });
  }

  #isToBeCut(): boolean {
    this.#answers += 1;
    if (this.#answers !== this.#cutAt) return false;
    this.#cuts += 1;
    return true;
  }
}
