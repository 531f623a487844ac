// The browser's own zh-CN voice, if it speaks on this machine: a voice from the cloud is never used.

const LONGEST_SECONDS = 15;

export function browserVoice() {
  const voices = window.speechSynthesis?.getVoices() || [];
  return voices.find((one) => one.localService && /^(zh|cmn)([-_](CN|Hans))?\b/i.test(one.lang) && !/TW|HK|yue/i.test(one.lang)) || null;
}

// Whether it was said to the end.
export function utter(text) {
  const voice = browserVoice();
  if (!voice) return Promise.resolve(false);
  return new Promise((resolve) => {
    const words = new SpeechSynthesisUtterance(text);
    Object.assign(words, { lang: "zh-CN", voice, rate: 0.9 });
    words.onend = () => resolve(true);
    words.onerror = () => resolve(false);
    setTimeout(() => {
      speechSynthesis.cancel();
      resolve(false);
    }, LONGEST_SECONDS * 1000);
    speechSynthesis.speak(words);
  });
}

export function say(text) {
  silence();
  utter(text);
}

export function silence() {
  window.speechSynthesis?.cancel();
}
