//! How a room plugs into the house: its routes with who may use them, its texts, its entries in the navigation.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use http::Method;

/// Largest body of a route that takes photos or files.
pub const UPLOAD_LIMIT: usize = 25 * 1024 * 1024;

/// The largest body a route takes, bytes; an extension of every request to it, so that one that says it is larger is refused before
/// any of it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyMost(pub(crate) usize);

/// Who may use a route. Names of actions and resources are those of `access`; webkit only carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody, without signing in.
    Public,
    /// Anybody who holds the private link or token in the address; the handler checks it.
    Link,
    /// A resident who has claimed a home.
    Resident,
    /// Anybody signed in, for their own things.
    Signed,
    /// Staff whose appointment allows this action on this resource at the place in question.
    Staff {
        /// What is done, e.g. `read`, `take`.
        action: &'static str,
        /// What it is done to, e.g. `case`.
        resource: &'static str,
    },
    /// A machine with a key of its own.
    Machine,
}

impl Access {
    /// `Staff { action, resource }`, shorter.
    #[must_use]
    pub const fn staff(action: &'static str, resource: &'static str) -> Self {
        Self::Staff { action, resource }
    }
}

/// A route as the coverage test and the access layer see it. It is also an extension of every request to that route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RouteSpec {
    /// The room it belongs to.
    pub room: &'static str,
    /// The method.
    pub method: Method,
    /// The path with its parameters, `/cases/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

/// An entry of the main navigation, shown to those who may open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NavEntry {
    /// The key of its text.
    pub text_key: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// The name of its icon.
    pub icon: &'static str,
    /// Who sees it.
    pub access: Access,
    /// Its place among the others, small first.
    pub order: u16,
}

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler whose type is forgotten: what the router builds around one, it builds once for all of them and not again for each of hundreds.
struct Forgotten<S>(Arc<dyn Fn(Request, S) -> Answering + Send + Sync>);

impl<S> Forgotten<S> {
    fn of<H: Handler<X, S>, X: 'static>(handler: H) -> Self {
        Self(Arc::new(move |request, state| Box::pin(handler.clone().call(request, state))))
    }
}

impl<S> Clone for Forgotten<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: 'static> Handler<(), S> for Forgotten<S> {
    type Future = Answering;

    fn call(self, request: Request, state: S) -> Answering {
        (self.0)(request, state)
    }
}

/// The routes of a room. Registering a route and saying who may use it is one act.
#[derive(Debug)]
pub struct RoomRoutes<S> {
    room: &'static str,
    router: Router<S>,
    specs: Vec<RouteSpec>,
}

impl<S: Clone + Send + Sync + 'static> RoomRoutes<S> {
    /// No routes yet.
    #[must_use]
    pub fn new(room: &'static str) -> Self {
        Self { room, router: Router::new(), specs: Vec::new() }
    }

    /// A page or an answer that changes nothing.
    #[must_use]
    pub fn get<H: Handler<X, S>, X: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add(Method::GET, MethodFilter::GET, path, access, None, Forgotten::of(handler))
    }

    /// A change; at most 1 MB of form or JSON.
    #[must_use]
    pub fn post<H: Handler<X, S>, X: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add(Method::POST, MethodFilter::POST, path, access, None, Forgotten::of(handler))
    }

    /// A change that may carry photos or files, at most [`UPLOAD_LIMIT`] together.
    #[must_use]
    pub fn post_files<H: Handler<X, S>, X: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add(Method::POST, MethodFilter::POST, path, access, Some(UPLOAD_LIMIT), Forgotten::of(handler))
    }

    /// Replaces a thing (JSON API).
    #[must_use]
    pub fn put<H: Handler<X, S>, X: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add(Method::PUT, MethodFilter::PUT, path, access, None, Forgotten::of(handler))
    }

    /// Changes a part of a thing (JSON API).
    #[must_use]
    pub fn patch<H: Handler<X, S>, X: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add(Method::PATCH, MethodFilter::PATCH, path, access, None, Forgotten::of(handler))
    }

    /// Removes a thing (JSON API).
    #[must_use]
    pub fn delete<H: Handler<X, S>, X: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, path, access, None, Forgotten::of(handler))
    }

    /// The routes so far, with who may use them.
    #[must_use]
    pub fn specs(&self) -> &[RouteSpec] {
        &self.specs
    }

    fn add(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        access: Access,
        limit: Option<usize>,
        handler: Forgotten<S>,
    ) -> Self {
        let spec = RouteSpec { room: self.room, method, path, access };
        let most = BodyMost(limit.unwrap_or(crate::web::BODY_LIMIT));
        let mut route = on(filter, handler).layer(axum::Extension(spec.clone()));
        route = route.layer(axum::Extension(most));
        if let Some(bytes) = limit {
            route = route.layer(DefaultBodyLimit::max(bytes));
        }
        self.router = self.router.route(path, route);
        self.specs.push(spec);
        self
    }
}

/// A room as the house sees it.
#[derive(Debug)]
pub struct Module<S> {
    /// Its name, that of the crate without `linli-`.
    pub name: &'static str,
    /// Its routes.
    pub routes: RoomRoutes<S>,
    /// Its texts: zh-CN, en.
    pub texts: (&'static str, &'static str),
    /// Its entries in the navigation.
    pub nav: Vec<NavEntry>,
}

/// All rooms put together.
#[derive(Debug)]
pub struct House<S> {
    /// The routes of all rooms.
    pub router: Router<S>,
    /// Every route with its access.
    pub specs: Vec<RouteSpec>,
    /// The texts of all rooms, the shared ones first; feed them to [`crate::i18n::Texts::new`].
    pub texts: Vec<(&'static str, &'static str)>,
    /// The navigation, in order.
    pub nav: Vec<NavEntry>,
}

impl<S: Clone + Send + Sync + 'static> House<S> {
    /// Puts the rooms together. Two rooms with the same route are a mistake that axum refuses at start.
    #[must_use]
    pub fn of(rooms: Vec<Module<S>>) -> Self {
        let mut house =
            Self { router: Router::new(), specs: Vec::new(), texts: vec![crate::i18n::SHARED_TEXTS], nav: Vec::new() };
        for room in rooms {
            house.router = house.router.merge(room.routes.router);
            house.specs.extend(room.routes.specs);
            house.texts.push(room.texts);
            house.nav.extend(room.nav);
        }
        house.nav.sort_by_key(|entry| entry.order);
        house
    }
}
