//! The book in use, which can be replaced while it is read.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::book::Rulebook;

/// A handle to the book in use. Clones share it; readers never wait.
#[derive(Debug, Clone)]
pub struct SharedRulebook(Arc<ArcSwap<Rulebook>>);

impl SharedRulebook {
    /// A handle to this book.
    #[must_use]
    pub fn new(book: Rulebook) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(book)))
    }

    /// The book as it is now. A command takes it once, so that one decision never mixes two books.
    #[must_use]
    pub fn load(&self) -> Arc<Rulebook> {
        self.0.load_full()
    }

    /// Puts a new book in use and gives back the old one. Check the new one first: nothing here refuses it.
    pub fn replace(&self, book: Rulebook) -> Arc<Rulebook> {
        self.0.swap(Arc::new(book))
    }
}
