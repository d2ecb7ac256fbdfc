//! The board (公告牌) at the door: who answers for this entrance, which number always answers, what is being mended,
//! what has been announced. A public page per entrance and per estate, and the same on paper.
//!
//! What always holds here:
//! * A board shows nothing about residents: staff with the phone they are reached at in their work, places, notices, and of
//!   cases only what their room hands over through [`BoardSection`].
//! * It always names a number that answers: the duty phone of the place or of the nearest place above, and 12345 below it.
//! * A code is claimed once in the whole installation and is never given to another place.
//! * What is in the cache is dropped when anything happens at the place, above it or under it, and after
//!   [`rules::FRESH_SECS`] anyway.

mod api;
mod cache;
mod code;
pub mod commands;
mod error;
pub mod model;
mod neighbours;
mod pages;
mod print;
pub mod queries;
pub mod rules;
mod section;
mod store;

use std::sync::Arc;

use axum::extract::FromRef;
use linli_db::Db;
use linli_webkit::{Access, Module, RoomRoutes};

pub use cache::Cache;
pub use code::{BadCode, BoardCode};
pub use error::BoardError;
pub use section::{BoardCase, BoardSection, SectionAnswer};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// What the pages of this room need. Cheap to clone.
#[derive(Clone)]
pub struct BoardState {
    db: Db,
    sections: Arc<[Arc<dyn BoardSection>]>,
    cache: Arc<Cache>,
    public_url: Option<Arc<str>>,
}

impl std::fmt::Debug for BoardState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoardState").field("sections", &self.sections.len()).field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl BoardState {
    /// The room over a store, with what other rooms show on the board. `public_url` is the address people reach us at
    /// (`https://linli.example`), printed under the QR code; without it the address of the request is printed.
    ///
    /// Starts listening to what is committed, so it must be called inside the run time.
    #[must_use]
    pub fn new(db: Db, sections: Vec<Arc<dyn BoardSection>>, public_url: Option<&str>) -> Self {
        let cache = Arc::new(Cache::new(rules::CACHE_BYTES));
        Cache::follow(&cache, &db);
        Self { db, sections: sections.into(), cache, public_url: public_url.map(|url| url.trim_end_matches('/').into()) }
    }
}

/// The room as the house sees it.
#[must_use]
pub fn module<S: Clone + Send + Sync + 'static>() -> Module<S>
where
    BoardState: FromRef<S>,
{
    Module {
        name: "board",
        routes: RoomRoutes::new("board")
            .get("/b", Access::Public, pages::find)
            .get("/b/{code}", Access::Public, pages::board)
            .get("/b/{code}/print", Access::Public, print::sheet)
            .get("/assets/board/{hash}/board.css", Access::Public, pages::style)
            .get("/api/v1/boards/{code}", Access::Public, api::board),
        texts: TEXTS,
        nav: Vec::new(),
    }
}
