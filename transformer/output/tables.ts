/** Labels and paths are names that authors choose, `__proto__` included. */
export function define<Value>(table: Record<string, Value>, key: string, value: NoInfer<Value>): void {
  if (key !== "__proto__") table[key] = value;
  else Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
}
