// The buttons of hit lists: approve or discard a draft, withdraw a list, replace its key.
//
// Rules: nothing here is pressed by accident, every decision is asked for again; whoever drafted is told who approves, and has
// no button for it.

import { computed, reactive, ref } from "vue";
import { decideDraft, decideList } from "./actions.js";

const DECISIONS = {
  approve: { title: "Approve", words: "The manager signs it with the list authority's key, and boxes look for its plates within seconds. You say with your name that this is right." },
  discard: { title: "Discard", words: "The draft ends, and its entries are erased. Nothing changes on any box.", reason: true },
  withdraw: { title: "Withdraw", words: "All boxes forget the list, at once. It comes back only as a new draft that somebody else approves.", reason: true },
  rotate: { title: "Replace the key", words: "The list gets another key, and the whole of it goes to all its boxes anew." },
};

export const ListDecisions = {
  props: { list: String, waiting: Object, account: Object },
  emits: ["decided"],
  setup(props, { emit }) {
    const dialog = ref(null);
    const form = reactive({ verb: "", reason: "", busy: false, error: "" });
    const draft = computed(() => props.waiting?.version);
    const own = computed(() => draft.value?.state === "draft" && draft.value.drafted_by === props.account?.name);
    const there = computed(() => {
      const may = props.account ?? {};
      if (!draft.value) return [may.may_withdraw_list && "withdraw", may.may_rotate_keys && "rotate"].filter(Boolean);
      const approves = may.may_approve_list && draft.value.state === "draft" && !own.value && !props.waiting.stale;
      return [approves && "approve", may.may_withdraw_list && "discard"].filter(Boolean);
    });
    const asked = computed(() => DECISIONS[form.verb]);
    const what = computed(() => (draft.value ? `draft ${draft.value.number} of ${props.list}` : form.verb === "rotate" ? `of list ${props.list}` : `list ${props.list}`));
    function ask(verb) {
      Object.assign(form, { verb, reason: "", error: "" });
      dialog.value.showModal();
    }
    async function give() {
      if (form.busy) return;
      form.busy = true;
      const reason = form.reason.trim();
      const answer = draft.value ? await decideDraft(draft.value.number, form.verb === "approve" ? "approve" : "withdraw", reason) : await decideList(props.list, form.verb, reason);
      form.busy = false;
      form.error = answer.error ?? "";
      if (answer.error) return;
      dialog.value.close();
      emit("decided");
    }
    return { DECISIONS, dialog, form, own, there, asked, what, ask, give };
  },
  template: `
  <div class="decisions">
    <button v-for="verb in there" :key="verb" type="button" :class="verb" @click="ask(verb)" :data-list-decide="verb">{{ DECISIONS[verb].title }}…</button>
    <span v-if="own" class="doubt" data-own>You drafted it: somebody else has to approve it, with an account of their own.</span>
    <span v-else-if="waiting && waiting.stale" class="doubt" data-stale>It was made of another version than the one that stands now, and cannot be approved: draft it anew.</span>
    <dialog ref="dialog" class="event-dialog decision-dialog" aria-label="Decide" @click.self="dialog.close()" data-list-dialog>
      <div class="dialog-head"><h2>{{ asked ? asked.title : "" }} {{ what }}?</h2></div>
      <form v-if="asked" class="pad" @submit.prevent="give">
        <p>{{ asked.words }}</p>
        <label>Why<template v-if="asked.reason"> (needed)</template> <input v-model="form.reason" maxlength="200" autocomplete="off" placeholder="for people and the record" data-list-reason /></label>
        <p v-if="form.error" class="error" role="alert" data-list-error>{{ form.error }}</p>
        <div class="buttons"><button type="submit" :class="form.verb" :disabled="form.busy" data-list-give>{{ asked.title }}</button><button type="button" class="plain" autofocus @click="dialog.close()">Back</button></div>
      </form>
    </dialog>
  </div>`,
};
