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

pub mod api;
mod cache;
mod code;
pub mod commands;
mod error;
pub mod model;
mod neighbours;
mod pages;
mod pledge;
mod post;
mod print;
pub mod queries;
pub mod rules;
mod section;
mod store;
mod view;

use std::sync::Arc;

use linli_db::Db;
use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

use cache::Cache;

pub use code::{BadCode, BoardCode};
pub use error::BoardError;
pub use section::{BoardCase, BoardSection, SectionAnswer};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The boards of the house: the service the handlers of this room ask the hall for. The binary makes one and puts it among the
/// services as `Arc<Boards>`.
pub struct Boards {
    db: Db,
    sections: Vec<Arc<dyn BoardSection>>,
    cache: Arc<Cache>,
}

impl std::fmt::Debug for Boards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Boards").field("sections", &self.sections.len()).finish_non_exhaustive()
    }
}

impl Boards {
    /// The boards over a store, with what other rooms show on them. Starts listening to what is committed, so it must be called
    /// inside the run time.
    #[must_use]
    pub fn new(db: Db, sections: Vec<Arc<dyn BoardSection>>) -> Self {
        let cache = Arc::new(Cache::new(rules::CACHE_BYTES));
        Cache::follow(&cache, &db);
        Self { db, sections, cache }
    }
}

const POST: Access = Access::staff("create", "notice");
const PLEDGE: Access = Access::staff("change", "pledge");

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    Module {
        name: "board",
        routes: RoomRoutes::new("board")
            .get("/b", Access::Public, pages::find)
            .get("/b/{code}", Access::Public, pages::board)
            .get("/b/{code}/print", Access::Public, print::sheet)
            .get("/n/{district}/{id}", Access::Public, print::notice)
            .get("/assets/board/{hash}/board.css", Access::Public, pages::style)
            .get("/api/v1/boards/{code}", Access::Public, api::board)
            .get("/notices", POST, post::list)
            .get("/notices/new", POST, post::new)
            .post("/notices", POST, post::post)
            .post("/notices/{id}/withdraw", Access::staff("close", "notice"), post::withdraw)
            .get("/pledges", PLEDGE, pledge::start)
            .get("/pledges/{path}", PLEDGE, pledge::show)
            .post("/pledges/{path}", PLEDGE, pledge::set),
        texts: TEXTS,
        nav: vec![
            NavEntry { text_key: "board-notices", href: "/notices", icon: "megaphone", access: POST, order: 40 },
            NavEntry { text_key: "board-pledges", href: "/pledges", icon: "phone", access: PLEDGE, order: 41 },
        ],
    }
}
