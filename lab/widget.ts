/** The chat widget as a page loads it: a button that opens a dialog, which talks to /chat of the host it came from. */
export const widgetScript = `(() => {
  'use strict';
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const log = make('div', { class: 'talk', role: 'log', 'aria-label': 'Conversation', tabindex: '0' });
  const choices = make('div', { class: 'choices' });
  const input = make('input', { id: 'chat-message', autocomplete: 'off' });
  const form = make('form', {}, make('label', { for: 'chat-message' }, 'Your message'),
    make('div', {}, input, make('button', {}, 'Send')));
  const close = make('button', { type: 'button', 'aria-label': 'Close chat' }, '\\u2715');
  const panel = make('section', { class: 'chat', role: 'dialog', 'aria-label': 'Chat with Acme Bank' },
    make('header', {}, make('h2', {}, 'Acme Bank'), close), log, choices, form);
  const open = make('button', { class: 'chat-open', type: 'button' }, 'Chat with us');
  const bubbles = new Map();
  let socket;

  const add = (text, kind) => {
    const bubble = make('p', kind ? { class: kind } : {}, text);
    log.append(bubble);
    log.scrollTop = log.scrollHeight;
    return bubble;
  };
  const bubbleOf = (id) => {
    if (!bubbles.has(id)) bubbles.set(id, add(''));
    return bubbles.get(id);
  };
  const say = (text) => {
    if (!text.trim() || socket?.readyState !== WebSocket.OPEN) return;
    choices.replaceChildren();
    add(text, 'own');
    socket.send(JSON.stringify({ type: 'message', text }));
  };
  const got = {
    delta: ({ id, text }) => {
      bubbleOf(id).textContent += text;
      log.scrollTop = log.scrollHeight;
    },
    message: ({ id, text, by, name, quick_replies }) => {
      const bubble = bubbleOf(id);
      bubble.textContent = text;
      if (by === 'human') bubble.prepend(make('small', {}, name));
      choices.replaceChildren(...(quick_replies ?? []).map((title) => {
        const choice = make('button', { type: 'button', class: 'quiet' }, title);
        choice.addEventListener('click', () => say(title));
        return choice;
      }));
      log.scrollTop = log.scrollHeight;
    },
    joined: ({ name }) => add(name + ' has joined', 'note'),
  };

  open.addEventListener('click', () => {
    open.replaceWith(panel);
    input.focus();
    if (socket) return;
    const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
    socket = new WebSocket(scheme + location.host + '/chat');
    socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'hello', user: 'visitor' })));
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(data);
      got[frame.type]?.(frame);
    });
    socket.addEventListener('close', () => add('The chat has ended.', 'note'));
  });
  close.addEventListener('click', () => panel.replaceWith(open));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    say(input.value);
    input.value = '';
  });
  document.body.append(open);
})();
`;
