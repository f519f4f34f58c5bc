// Opens the chat at once: the pane is too narrow for a site around it. The focus stays where the person put it.

await customElements.whenDefined("omnibot-chat");
const chat = document.querySelector("omnibot-chat");
chat.open();
chat.shadowRoot.activeElement?.blur();
