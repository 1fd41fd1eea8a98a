import DefaultTheme from 'vitepress/theme';
import Catalogue from './Catalogue.vue';
import Playground from './Playground.vue';
import RunCommand from './RunCommand.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('Catalogue', Catalogue);
    app.component('Playground', Playground);
    app.component('RunCommand', RunCommand);
  },
};
