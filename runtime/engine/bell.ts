/** Lets one waiter sleep until something happens. A ring that comes before the wait is not lost; several are one. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    if (this.#wake === undefined) {
      this.#rung = true;
      return;
    }
    const wake = this.#wake;
    this.#wake = undefined;
    wake();
  }

  wait(): Promise<void> {
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
