import { expect, test } from 'vitest';
import { MediaThread } from '../../telephony/media/thread.ts';
import { sines } from '../../telephony/media/tones.ts';
import { WebNegotiation } from '../../telephony/web-negotiation.ts';

test('what an agent says the moment it has answered waits for ICE and DTLS: nothing of it is lost', async () => {
  await using thread = new MediaThread();
  const open = () => thread.open({ host: '127.0.0.1', codecs: ['PCMU'], web: { servers: [] } });
  const [customer, agent] = await Promise.all([open(), open()]);
  const [asks, answers] = [0, 1].map(() => new WebNegotiation({ codecs: ['PCMU'] })) as [
    WebNegotiation,
    WebNegotiation,
  ];
  await asks.attach(customer);
  await answers.attach(agent, asks.offer());
  const answer = answers.answer(asks.offer());
  const played = agent.play(sines([440], 500, -10));
  asks.accept(answer);
  const { cut } = await played;
  expect(cut).toBe(false);
  agent.connect({ ...agent.target!, direction: 'inactive' });
  await expect
    .poll(async () => (await agent.figures()).sent.packets - (await customer.figures()).received.packets)
    .toBe(0);
  expect((await customer.figures()).received.packets).toBeGreaterThanOrEqual(25);
  await Promise.all([customer.close(), agent.close()]);
});
