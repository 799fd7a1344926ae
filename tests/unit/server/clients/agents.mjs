// The agents SDK: a tool round, a voice turn, and an interruption that it handles by itself.
// usage: agents.mjs ws://HOST:PORT speech.wav
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';
import { check, Events, longQuestion, pause, readPcm, run, speak } from './common.mjs';

const [address, wav] = process.argv.slice(2);

await run(async () => {
  const cities = [];
  const weather = tool({
    name: 'get_weather', description: 'The weather of a city.', parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => { cities.push(city); return 'sunny'; },
  });
  const agent = new RealtimeAgent({ name: 'assistant', instructions: 'Be brief.', tools: [weather] });
  const transport = new OpenAIRealtimeWebSocket({ url: `${address}/v1/realtime?model=gpt-realtime` });
  const session = new RealtimeSession(agent, { transport, tracingDisabled: true });
  const events = new Events();
  session.on('transport_event', (event) => events.add(event));
  session.on('audio_interrupted', () => events.add({ type: 'interrupted' }));
  session.on('agent_end', (_context, _agent, text) => events.add({ type: 'answered', text }));
  session.on('error', (error) => events.add({ type: 'failure', error }));
  await session.connect({ apiKey: 'sk-local' });
  await events.whenType('session.updated');
  const answer = async (pattern, from) => {
    const { text } = await events.when(
      (event) => event.type === 'answered' && pattern.test(event.text), `answer with ${pattern}`, from);
    return text;
  };
  const say = (pcm) => speak(pcm, (piece) =>
    session.sendAudio(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length)));

  session.sendMessage('What is the weather in Paris?');
  await answer(/sunny/, 0);
  check(cities.join() === 'Paris', `the tool was called for ${cities}`);

  let from = events.all.length;
  await say(Buffer.concat([readPcm(wav), pause(1000)]));
  await answer(/go forward ten meters/, from);

  from = events.all.length;
  session.sendMessage(longQuestion);
  const { response_id: long } = await events.whenType('response.output_audio.delta', from);
  await say(Buffer.concat([readPcm(wav), pause(1000)]));
  await events.whenType('interrupted', from);
  const { response } = await events.when(
    (event) => event.type === 'response.done' && event.response.id === long, 'end of the long answer', from);
  check(response.status === 'cancelled', `the long answer was ${response.status}`);
  await events.whenType('conversation.item.truncated', from);
  await answer(/go forward ten meters/, from);
  const failures = events.all.filter((event) => event.type === 'failure' || event.type === 'error');
  check(failures.length === 0, `errors came: ${JSON.stringify(failures)}`);
  session.close();
});
