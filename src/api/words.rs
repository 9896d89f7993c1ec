//! Words that come again and again (`Ready`, `kubelet`, `v1`): one shared copy of each in place of one per object.

use std::cell::RefCell;
use std::rc::Rc;

use super::meta::fold;

/// So many words are shared at a time; a power of two. Kubernetes' own vocabulary fits several times.
const SLOTS: usize = 1024;

thread_local! {
    static SLOT: RefCell<Vec<Option<Rc<str>>>> = RefCell::new(vec![None; SLOTS]);
}

/// The shared copy of a word. Words that fall on the same slot push each other out: nothing grows, and any text may
/// be asked for.
pub fn word(text: &str) -> Rc<str> {
    SLOT.with_borrow_mut(|slots| {
        let Some(slot) = slots.get_mut(place(text)) else { return text.into() };
        match slot {
            Some(kept) if **kept == *text => Rc::clone(kept),
            _ => Rc::clone(slot.insert(text.into())),
        }
    })
}

/// The slot of a word, by the number that its letters mix to.
fn place(text: &str) -> usize {
    usize::try_from(fold(0, text) >> 32).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_share_their_copy_and_others_keep_their_letters() {
        assert!(Rc::ptr_eq(&word("Ready"), &word("Ready")));
        for number in 0..4 * SLOTS {
            let text = format!("word-{number}");
            assert_eq!(&*word(&text), text);
        }
        assert_eq!(&*word(""), "");
    }
}
