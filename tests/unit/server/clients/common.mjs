// What the clients share: one sentence as audio, waiting for events, and telling what was wrong.
import fs from 'node:fs';
import net from 'node:net';

// Of a WAV file as sdk_check.py writes it: 24 kHz, 16 bit, mono.
export function readPcm(path) {
  const bytes = fs.readFileSync(path);
  return bytes.subarray(bytes.indexOf('data') + 8);
}

export const pause = (ms) => Buffer.alloc(24 * ms * 2);

// In pieces, several times faster than it was spoken: the server counts samples, not seconds.
export async function speak(pcm, send, pieceMs = 20, speed = 4) {
  const size = 24 * pieceMs * 2;
  const start = performance.now();
  for (let at = 0; at < pcm.length; at += size) {
    send(pcm.subarray(at, at + size));
    const due = start + (at / size) * (pieceMs / speed);
    await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
  }
}

// The SDK insists on wss: this gives it the plain connection instead.
export const plainSocket = (address) => () => net.connect(Number(new URL(address).port), new URL(address).hostname);

// All events in order; waiters see those that came before them.
export class Events {
  constructor() {
    this.all = [];
    this.waiting = [];
  }
  add(event) {
    this.all.push(event);
    this.waiting = this.waiting.filter(({ test, found }) => !test(event) || void found(event));
  }
  count(test) {
    return this.all.filter(test).length;
  }
  // The first event from `from` on that passes, now or later.
  when(test, what, from = 0, ms = 30000) {
    const past = this.all.slice(from).find(test);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${what} came`)), ms);
      this.waiting.push({ test, found: (event) => { clearTimeout(timer); resolve(event); } });
    });
  }
  whenType(type, from = 0) {
    return this.when((event) => event.type === type, type, from);
  }
}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

export async function run(body) {
  try {
    await body();
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

// Enough words for a reply that is still on its way when somebody speaks.
export const longQuestion = Array.from({ length: 80 }, (_, i) => `word number ${i}`).join(', ');
