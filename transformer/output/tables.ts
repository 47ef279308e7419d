/** Labels and paths are names that authors choose: what objects inherit, `__proto__` included, must not matter. */
export function define<Value>(table: Record<string, Value>, key: string, value: NoInfer<Value>): void {
  if (key in table) Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
  else table[key] = value;
}
