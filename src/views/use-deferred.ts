/** A value that follows another one when the browser has time, so that typing stays quick over long lists. */
import { useEffect, useState } from 'preact/hooks';

/** Milliseconds without a new value. */
const PAUSE = 60;

export function useDeferred<Value>(value: Value): Value {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}
