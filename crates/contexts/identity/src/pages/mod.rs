//! The pages of the door: signing in and out, first links, choosing a role, accounts, and the claimed home.

mod account_list;
mod accounts;
mod home;
mod links;
mod sign_in;

pub use home::{AtHome, Lead, Leading};

use std::sync::Arc;

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_webkit::session::{begin_session, session_token};
use linli_webkit::{Access, AppError, Module, NavEntry, RoomRoutes};

use crate::model::{DoorRules, Token};
use crate::passwords::Passwords;

/// This room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    let administer = Access::staff("read", "account");
    Module {
        name: "identity",
        routes: RoomRoutes::new("identity")
            .get("/login", Access::Public, sign_in::form)
            .post("/login", Access::Public, sign_in::sign_in)
            .get("/logout", Access::Public, sign_in::ask_sign_out)
            .post("/logout", Access::Public, sign_in::sign_out)
            .get("/choose-role", Access::Signed, sign_in::roles)
            .post("/choose-role", Access::Signed, sign_in::choose)
            .get("/setup/{token}", Access::Link, links::setup_form)
            .post("/setup/{token}", Access::Link, links::set_up)
            .get("/activate/{token}", Access::Link, links::password_form)
            .post("/activate/{token}", Access::Link, links::set_password)
            .get("/account", Access::Signed, accounts::own)
            .post("/account", Access::Signed, accounts::change_password)
            .get("/admin/accounts", administer, account_list::list)
            .post("/admin/accounts", Access::staff("create", "account"), account_list::create)
            .post("/admin/accounts/{id}/disable", Access::staff("change", "account"), account_list::disable)
            .post("/admin/accounts/{id}/enable", Access::staff("change", "account"), account_list::enable)
            .post("/admin/accounts/{id}/link", Access::staff("change", "account"), account_list::link)
            .get("/homes/code", Access::staff("read", "home"), home::code_form)
            .post("/homes/code", Access::staff("read", "home"), home::make_code)
            .post("/homes/code/end", Access::staff("read", "home"), home::end_claims)
            .get("/claim", Access::Public, home::claim_form)
            .post("/claim", Access::Public, home::claim)
            .get("/my-home", Access::Resident, home::my_home)
            .post("/my-home/release", Access::Resident, home::release),
        texts: crate::TEXTS,
        nav: vec![
            NavEntry {
                text_key: "identity-nav-accounts",
                href: "/admin/accounts",
                icon: "key-round",
                access: administer,
                order: 90,
            },
            NavEntry {
                text_key: "identity-nav-code",
                href: "/homes/code",
                icon: "house",
                access: Access::staff("read", "home"),
                order: 70,
            },
        ],
    }
}

fn rules(hall: &Hall) -> Result<Arc<DoorRules>, AppError> {
    hall.service::<DoorRules>()
}

fn passwords(hall: &Hall) -> Result<Arc<Passwords>, AppError> {
    hall.service::<Passwords>()
}

/// The session token that came with the request.
pub(crate) fn session(headers: &HeaderMap, caller: &Caller) -> Option<Token> {
    session_token(headers, &caller.info).map(|token| Token(token.to_owned()))
}

/// Goes on to a page of ours with a new session.
fn enter(caller: &Caller, token: &Token, secs: i64, to: &str) -> Result<Response, AppError> {
    let cookie = begin_session(&caller.info, &token.0, secs)?;
    Ok(with_cookie(Redirect::to(to).into_response(), cookie))
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// Where to go after signing in: a path of ours, never another site.
fn onward(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    if ours { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_stays_in_the_house() {
        assert_eq!(onward("/desk?x=1"), "/desk?x=1");
        for foreign in ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:alert(1)", "/a\nb"] {
            assert_eq!(onward(foreign), "/", "{foreign:?}");
        }
    }
}
