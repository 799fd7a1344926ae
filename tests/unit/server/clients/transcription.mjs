// A transcription session with the official SDK (GA): turns found by the server, then committed by the client.
// usage: transcription.mjs ws://HOST:PORT speech.wav
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { check, Events, pause, plainSocket, readPcm, run, speak } from './common.mjs';

const [address, wav] = process.argv.slice(2);

await run(async () => {
  const client = new OpenAI({ apiKey: 'sk-local', baseURL: `http://${new URL(address).host}/v1` });
  const connection = new OpenAIRealtimeWS(
    { intent: 'transcription', options: { createConnection: plainSocket(address) } }, client);
  const events = new Events();
  connection.on('event', (event) => events.add(event));
  connection.on('error', (error) => events.add({ type: 'failure', error }));
  const { session } = await events.whenType('session.created');
  check(session.type === 'transcription', `the session is a ${session.type}`);
  const append = (piece) =>
    connection.send({ type: 'input_audio_buffer.append', audio: Buffer.from(piece).toString('base64') });

  for (const [model, turns] of [['gpt-4o-transcribe', { type: 'server_vad' }], ['gpt-realtime-whisper', null]]) {
    const from = events.all.length;
    connection.send({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { transcription: { model }, turn_detection: turns } } },
    });
    await events.whenType('session.updated', from);
    await speak(Buffer.concat([readPcm(wav), pause(800)]), append);
    if (!turns) connection.send({ type: 'input_audio_buffer.commit' });
    const completed = await events.whenType('conversation.item.input_audio_transcription.completed', from);
    check(/go forward ten meters/.test(completed.transcript), `${model} wrote ${completed.transcript}`);
    const deltas = events.all.slice(from).filter(
      (event) => event.type === 'conversation.item.input_audio_transcription.delta');
    check(deltas.map((event) => event.delta).join('') === completed.transcript, 'the deltas do not add up');
    const found = events.all.slice(from).some((event) => event.type === 'input_audio_buffer.speech_started');
    check(found === (turns !== null), `${model} found turns: ${found}`);
  }
  check(!events.count((event) => event.type.startsWith('response.')), 'somebody answered');
  check(!events.count((event) => event.type === 'failure'), 'errors came');
  connection.close();
});
