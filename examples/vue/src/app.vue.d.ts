import type { Component } from "vue";

declare const App: Component;
export default App;
