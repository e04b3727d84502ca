import type { Phone } from '../../telephony/phone.ts';

/** Phones by how many sessions hold them: one whose call was given to another walk stays open until that one is done too. */
export class SharedPhones {
  readonly #held = new Map<Phone, number>();

  hold(phone: Phone): void {
    this.#held.set(phone, (this.#held.get(phone) ?? 0) + 1);
  }

  /** Closes it when nobody holds it any more; what is still up is hung up. */
  async release(phone: Phone): Promise<void> {
    const left = (this.#held.get(phone) ?? 1) - 1;
    if (left > 0) {
      this.#held.set(phone, left);
      return;
    }
    this.#held.delete(phone);
    await phone[Symbol.asyncDispose]();
  }
}
