// The loudspeaker: clips are fetched and decoded once, then started at exact moments of the sound card's clock.

const LEAST_SECONDS = 0.05;

export class Loudspeaker {
  #context = null;
  #clips = new Map();

  get isOpen() {
    return this.#context?.state === "running";
  }

  // Browsers give sound only after a press, unless they were started with permission to play.
  async open() {
    this.#context ||= new AudioContext();
    const started = this.#context.resume();
    await Promise.race([started, new Promise((resolve) => setTimeout(resolve, 500))]);
    return this.isOpen;
  }

  async load(address) {
    if (!this.#clips.has(address)) this.#clips.set(address, await this.#fetched(address));
    return this.#clips.get(address);
  }

  async #fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const sound = await this.#context.decodeAudioData(await answer.arrayBuffer());
    return { sound, seconds: sound.duration };
  }

  now() {
    return this.#context.currentTime + LEAST_SECONDS;
  }

  start(clip, at) {
    const source = this.#context.createBufferSource();
    source.buffer = clip.sound;
    source.connect(this.#context.destination);
    source.start(at);
  }

  until(at) {
    const left = Math.max(0, at - this.#context.currentTime);
    return new Promise((resolve) => setTimeout(resolve, left * 1000));
  }
}
