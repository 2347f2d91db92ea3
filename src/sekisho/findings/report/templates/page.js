(() => {
  const root = document.documentElement;
  const choices = [...document.querySelectorAll('input[name="language"]')];
  const asked = new URLSearchParams(location.search).get("lang");
  const own = (navigator.language || "").toLowerCase().startsWith("ja") ? "ja" : "en";
  const tell = (language) => { root.lang = language === "ja" ? "ja" : "en"; };
  const first = choices.find((choice) => choice.value === asked) || choices.find((choice) => choice.value === own);
  if (first) { first.checked = true; tell(first.value); }
  for (const choice of choices) choice.addEventListener("change", () => tell(choice.value));

  let closed = [];
  const open = () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  };
  addEventListener("beforeprint", open);
  addEventListener("afterprint", () => { for (const one of closed) one.open = false; closed = []; });

  const contents = document.querySelector(".contents details");
  if (contents && matchMedia("(max-width: 68rem)").matches) contents.open = false;

  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
})();
