/** `make`, done once a key. Keys beyond `most` begin a new memory: what users write must not fill it for ever. */
export function memo<Key, Value>(make: (key: Key) => Value, most = 1_000): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key);
    if (value !== undefined || known.has(key)) return value as Value;
    const made = make(key);
    if (known.size >= most) known.clear();
    known.set(key, made);
    return made;
  };
}
