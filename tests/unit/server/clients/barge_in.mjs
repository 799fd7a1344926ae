// A long answer that is interrupted by voice, with the official SDK.
// usage: barge_in.mjs ga|beta ws://HOST:PORT speech.wav
import OpenAI from 'openai';
import { check, Events, longQuestion, pause, plainSocket, readPcm, run, speak } from './common.mjs';

const [dialect, address, wav] = process.argv.slice(2);
const beta = dialect === 'beta';
const { OpenAIRealtimeWS } = await import(beta ? 'openai/beta/realtime/ws' : 'openai/realtime/ws');
const audioDelta = beta ? 'response.audio.delta' : 'response.output_audio.delta';
const transcriptDone = beta ? 'response.audio_transcript.done' : 'response.output_audio_transcript.done';

await run(async () => {
  const client = new OpenAI({ apiKey: 'sk-local', baseURL: `http://${new URL(address).host}/v1` });
  const connection = new OpenAIRealtimeWS(
    { model: 'gpt-realtime', options: { createConnection: plainSocket(address) } }, client);
  const events = new Events();
  connection.on('event', (event) => events.add(event));
  connection.on('error', (error) => events.add({ type: 'failure', error }));
  await events.whenType('session.created');
  const turnDetection = { type: 'server_vad' };
  connection.send({
    type: 'session.update',
    session: beta ? { turn_detection: turnDetection }
                  : { type: 'realtime', audio: { input: { turn_detection: turnDetection } } },
  });
  await events.whenType('session.updated');

  connection.send({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: longQuestion }] },
  });
  connection.send({ type: 'response.create' });
  const first = await events.whenType(audioDelta);
  const append = (piece) =>
    connection.send({ type: 'input_audio_buffer.append', audio: Buffer.from(piece).toString('base64') });
  await speak(Buffer.concat([readPcm(wav), pause(1000)]), append);

  await events.whenType('input_audio_buffer.speech_started');
  const cancelled = (await events.when(
    (event) => event.type === 'response.done' && event.response.id === first.response_id, 'cancelled response')).response;
  check(cancelled.status === 'cancelled', `the response was ${cancelled.status}`);
  check(cancelled.status_details.reason === 'turn_detected', `because of ${cancelled.status_details.reason}`);
  const end = events.all.findIndex((event) => event.type === 'response.done');
  check(!events.all.slice(end).some((event) => event.type === audioDelta && event.response_id === first.response_id),
    'audio came after the end of its response');

  connection.send({ type: 'conversation.item.truncate', item_id: first.item_id, content_index: 0, audio_end_ms: 100 });
  const truncated = await events.whenType('conversation.item.truncated');
  check(truncated.item_id === first.item_id && truncated.audio_end_ms === 100, 'another item was cut');

  const answer = await events.when(
    (event) => event.type === transcriptDone && event.response_id !== first.response_id, 'answer to the interruption');
  check(/forward/.test(answer.transcript), `the answer was ${answer.transcript}`);
  await events.when(
    (event) => event.type === 'response.done' && event.response.id === answer.response_id, 'end of the answer');
  check(!events.count((event) => event.type === 'failure'), 'errors came');
  connection.close();
});
