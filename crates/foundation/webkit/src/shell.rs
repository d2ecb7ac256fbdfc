//! What every page's template needs around its content.

use linli_kernel::Ts;

use crate::i18n::T;
use crate::request::RequestInfo;

/// The signed-in person and the appointment acted under, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The person's name.
    pub name: String,
    /// The role acted under, as officials call it.
    pub role: String,
    /// Where the role holds.
    pub place: String,
    /// Where one's own page is (change appointment, password).
    pub href: String,
    /// Where the sign-out form posts to.
    pub sign_out: String,
    /// Whose the entries in the queue of this device are: the same in every language.
    pub key: String,
}

/// One entry of the main navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavLink {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub text: String,
    /// The name of its icon.
    pub icon: &'static str,
}

/// How many entries of the main navigation stand in sight when there are many more: two lines on a phone, one on a desktop.
const NAV_IN_SIGHT: usize = 8;

/// The surroundings of a page. Every page struct has a field `shell: Shell`, and `t: T` beside it for short templates.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The texts in the language of the request.
    pub t: T,
    /// What a person would call this page aloud; also the title of the window.
    pub title: String,
    /// The instant of the request; every relative time on the page counts from it.
    pub now: Ts,
    /// Who is signed in, `None` on public pages.
    pub who: Option<Who>,
    /// The main navigation, only what this person may open.
    pub nav: Vec<NavLink>,
    /// The address of the event stream that keeps this page up to date.
    pub live: Option<String>,
    info: RequestInfo,
}

impl Shell {
    /// The surroundings of a page that nobody needs to sign in for.
    #[must_use]
    pub fn new(info: &RequestInfo, title: impl Into<String>) -> Self {
        let t = info.t().clone();
        Self { t, title: title.into(), now: info.now(), who: None, nav: Vec::new(), live: None, info: info.clone() }
    }

    /// The same for a signed-in person.
    #[must_use]
    pub fn signed(mut self, who: Who, nav: Vec<NavLink>) -> Self {
        self.who = Some(who);
        self.nav = nav;
        self
    }

    /// The same, kept up to date by this event stream.
    #[must_use]
    pub fn live(mut self, href: impl Into<String>) -> Self {
        self.live = Some(href.into());
        self
    }

    /// The entries of the main navigation that always stand in sight: all when they are few; else the first, which are those of every day, and the
    /// one that leads here.
    #[must_use]
    pub fn nav_first(&self) -> Vec<&NavLink> {
        self.nav_parted(true)
    }

    /// The other entries, behind one word.
    #[must_use]
    pub fn nav_rest(&self) -> Vec<&NavLink> {
        self.nav_parted(false)
    }

    fn nav_parted(&self, first: bool) -> Vec<&NavLink> {
        let few = self.nav.len() <= NAV_IN_SIGHT + 2;
        let in_sight = |(n, link): (usize, &NavLink)| few || n < NAV_IN_SIGHT || self.is_here(&link.href);
        self.nav.iter().enumerate().filter(|&entry| in_sight(entry) == first).map(|(_, link)| link).collect()
    }

    /// Whether elder mode (长辈版) is on.
    #[must_use]
    pub fn elder(&self) -> bool {
        self.info.elder()
    }

    /// Whether the page must be stamped 演示数据.
    #[must_use]
    pub fn demo(&self) -> bool {
        self.info.demo()
    }

    /// The path of the page.
    #[must_use]
    pub fn path(&self) -> &str {
        self.info.path()
    }

    /// The reference for help.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.info.request_id()
    }

    /// The language tag for `<html lang>`.
    #[must_use]
    pub const fn lang(&self) -> &'static str {
        self.t.locale().tag()
    }

    /// The classes of `<html>`.
    #[must_use]
    pub fn classes(&self) -> &'static str {
        match (self.elder(), self.demo()) {
            (false, false) => "",
            (true, false) => "elder",
            (false, true) => "demo",
            (true, true) => "elder demo",
        }
    }

    /// This page in the other language.
    #[must_use]
    pub fn lang_href(&self) -> String {
        self.info.here_with("lang", self.t.locale().other().tag())
    }

    /// This page in the other size.
    #[must_use]
    pub fn elder_href(&self) -> String {
        self.info.here_with("elder", if self.elder() { "0" } else { "1" })
    }

    /// Whether a navigation entry is the page or the part of the house we are in; of a part and a part of it the narrower one.
    #[must_use]
    pub fn is_here(&self, href: &str) -> bool {
        is_narrowest(href, self.nav.iter().map(|link| link.href.as_str()), self.path())
    }

    /// A key for the hidden field `idempotency_key` of a form on this page: the form may be sent twice, it counts once.
    #[must_use]
    pub fn form_key(&self) -> &str {
        self.info.form_key()
    }
}

/// Whether a path is this page or lies in this part of the house.
fn leads_to(href: &str, path: &str) -> bool {
    path == href || (href != "/" && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/')))
}

fn is_narrowest<'e>(href: &str, entries: impl IntoIterator<Item = &'e str>, path: &str) -> bool {
    let narrower = |other: &&str| other.len() > href.len() && leads_to(other, path);
    leads_to(href, path) && !entries.into_iter().any(|other| narrower(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry at most is where we are, also where one leads into a part of another.
    #[test]
    fn of_a_part_within_a_part_one_is_here() {
        let entries = ["/desk", "/desk/elsewhere", "/care", "/care/mine", "/"];
        let here = |path: &str| entries.into_iter().filter(|href| is_narrowest(href, entries, path)).collect::<Vec<_>>();
        for (path, expected) in [
            ("/desk", vec!["/desk"]),
            ("/desk/wall", vec!["/desk"]),
            ("/desk/elsewhere", vec!["/desk/elsewhere"]),
            ("/desk/elsewhere/7", vec!["/desk/elsewhere"]),
            ("/desktop", vec![]),
            ("/care/mine", vec!["/care/mine"]),
            ("/", vec!["/"]),
        ] {
            assert_eq!(here(path), expected, "{path}");
        }
    }
}
