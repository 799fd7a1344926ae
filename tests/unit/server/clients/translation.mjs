// A translation session with the official SDK, which checks the events and drains the session at its end.
// usage: translation.mjs ws://HOST:PORT speech.wav
import OpenAI from 'openai';
import { OpenAIRealtimeTranslationWS } from 'openai/realtime/translations/ws';
import { check, Events, pause, plainSocket, readPcm, run, speak } from './common.mjs';

const [address, wav] = process.argv.slice(2);

await run(async () => {
  const client = new OpenAI({ apiKey: 'sk-local', baseURL: `https://${new URL(address).host}/v1` });
  const connection = await OpenAIRealtimeTranslationWS.create(
    client, { model: 'gpt-realtime-translate', options: { createConnection: plainSocket(address) } });
  const events = new Events();
  // Typed listeners: the SDK hands them only events that are complete.
  const types = ['session.created', 'session.updated', 'session.input_transcript.delta',
    'session.output_transcript.delta', 'session.output_audio.delta', 'session.closed'];
  for (const type of types) connection.on(type, (event) => events.add(event));
  connection.on('error', (error) => events.add({ type: 'failure', error }));
  await events.whenType('session.created');
  connection.send({
    type: 'session.update',
    session: { audio: { input: { transcription: { model: 'gpt-realtime-whisper' } }, output: { language: 'de' } } },
  });
  const { session } = await events.whenType('session.updated');
  check(session.audio.output.language === 'de', 'another language');

  const pcm = Buffer.concat([readPcm(wav), pause(1000)]);
  const send = (piece) => connection.send({ type: 'session.input_audio_buffer.append', audio: piece.toString('base64') });
  await speak(pcm, send, 200);
  await connection.finish({ timeoutMs: 30000 });

  const joined = (type) =>
    events.all.filter((event) => event.type === type).map((event) => event.delta).join('');
  const heard = joined('session.input_transcript.delta'), said = joined('session.output_transcript.delta');
  check(/go forward ten meters/.test(heard), `it heard ${heard}`);
  check(/geh vorwärts zehn Meter/.test(said), `it said ${said}`);
  const audio = Buffer.concat(events.all.filter((event) => event.type === 'session.output_audio.delta')
    .map((event) => Buffer.from(event.delta, 'base64')));
  check(audio.length >= pcm.length, `${audio.length} bytes for ${pcm.length}`);
  check(audio.some((byte) => byte !== 0), 'nothing but silence');
  check(events.all.at(-1).type === 'session.closed', 'something came after the end');
  check(!events.count((event) => event.type === 'failure'), 'errors came');
});
