// The window begins here: get in, connect, make the state, show.
import { mount } from 'svelte';
import { Connection, enterWithToken } from '#ui/backend/index.ts';
import { makeState } from '#ui/state/index.ts';
import App from './App.svelte';
import './style/tokens.css';
import './style/base.css';

const target = document.getElementById('window');
if (target !== null) {
  await enterWithToken();
  const connection = new Connection();
  const state = makeState(connection);
  mount(App, { target, props: { state } });
  void connection.follow();
}
