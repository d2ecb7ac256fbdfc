//! Dates as people say them, always relative and absolute; Beijing time.

use std::borrow::Borrow;

use jiff::ZonedDateTime;
use linli_kernel::Ts;

use super::{Locale, T};

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// How much a deadline presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// Past: act now.
    Over,
    /// Less than a quarter of a day (6 hours) left.
    Soon,
    /// More time than that.
    Ahead,
}

/// A deadline as it stands on a page: a word, a shape, a colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clockface {
    /// How much it presses.
    pub urgency: Urgency,
    /// `还剩 3 小时 20 分` or `已超时 2 天`.
    pub text: String,
    /// The moment itself: `11月25日 18:00`.
    pub at: String,
}

impl Clockface {
    /// The state class that colours it: `act`, `soon` or `plain`.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self.urgency {
            Urgency::Over => "act",
            Urgency::Soon => "soon",
            Urgency::Ahead => "plain",
        }
    }
}

impl T {
    /// `2026年11月24日`, `24 November 2026`.
    #[must_use]
    pub fn date(&self, at: impl Borrow<Ts>) -> String {
        let local = at.borrow().local();
        match self.locale {
            Locale::ZhCn => local.strftime("%-Y年%-m月%-d日").to_string(),
            Locale::En => local.strftime("%-d %B %-Y").to_string(),
        }
    }

    /// `18:00`.
    #[must_use]
    pub fn time(&self, at: impl Borrow<Ts>) -> String {
        at.borrow().local().strftime("%H:%M").to_string()
    }

    /// `2026年11月24日 18:00`, `24 November 2026, 18:00`.
    #[must_use]
    pub fn moment(&self, at: impl Borrow<Ts>) -> String {
        let (date, time) = (self.date(at.borrow()), self.time(at.borrow()));
        match self.locale {
            Locale::ZhCn => format!("{date} {time}"),
            Locale::En => format!("{date}, {time}"),
        }
    }

    /// A moment as one says it, relative and absolute: `明天 18:00（11月25日）`, `12 分钟前(14:20)`, `3 天前(11月21日 09:12)`.
    #[must_use]
    pub fn when(&self, at: impl Borrow<Ts>, now: impl Borrow<Ts>) -> String {
        let (at, now) = (*at.borrow(), *now.borrow());
        let (local, today) = (at.local(), now.local());
        let away = at.secs_since(now);
        let time = self.time(at);
        let day = self.day_and_month(&local, &today);
        let within_the_hour = away.abs() < HOUR;
        if away.abs() < MINUTE {
            // What is still to come has not just been.
            return self.v(if away > 0 { "when-soon" } else { "when-now" }, "at", &time);
        }
        if within_the_hour {
            let key = if away < 0 { "when-minutes-ago" } else { "when-in-minutes" };
            return self.with(key, &[("n", (away.abs() / MINUTE).into()), ("at", time.into())]);
        }
        let key = match days_between(&today, &local) {
            0 => "when-today",
            1 => "when-tomorrow",
            2 => "when-day-after-tomorrow",
            -1 => "when-yesterday",
            -2 => "when-day-before-yesterday",
            days if days.abs() <= 30 => {
                let key = if days < 0 { "when-days-ago" } else { "when-in-days" };
                return self.with(key, &[("n", days.abs().into()), ("at", self.join(&day, &time).into())]);
            }
            _ => return self.join(&day, &time),
        };
        self.with(key, &[("time", time.into()), ("day", day.into())])
    }

    /// A span as one says it, the two largest parts: `3 天 4 小时`, `45 分钟`; below a minute `不到 1 分钟`. Seconds; the sign is dropped.
    #[must_use]
    pub fn duration(&self, secs: impl Borrow<i64>) -> String {
        let secs = secs.borrow().saturating_abs();
        let (days, hours, minutes) = (secs / DAY, secs % DAY / HOUR, secs % HOUR / MINUTE);
        let part = |key: &str, n: i64| self.n(key, n);
        let parts = match (days, hours, minutes) {
            (0, 0, 0) => return self.s("duration-under-a-minute").into_owned(),
            (0, 0, m) => vec![part("duration-minutes", m)],
            (0, h, 0) => vec![part("duration-hours", h)],
            (0, h, m) => vec![part("duration-hours", h), part("duration-minutes", m)],
            (d, 0, _) => vec![part("duration-days", d)],
            (d, h, _) => vec![part("duration-days", d), part("duration-hours", h)],
        };
        parts.join(" ")
    }

    /// A deadline against now.
    #[must_use]
    pub fn clock(&self, due: impl Borrow<Ts>, now: impl Borrow<Ts>) -> Clockface {
        let (due, now) = (*due.borrow(), *now.borrow());
        let left = due.secs_since(now);
        let urgency = match left {
            i64::MIN..0 => Urgency::Over,
            0..21_600 => Urgency::Soon,
            _ => Urgency::Ahead,
        };
        let key = if urgency == Urgency::Over { "clock-over" } else { "clock-left" };
        let local = due.local();
        let at = self.join(&self.day_and_month(&local, &now.local()), &self.time(due));
        Clockface { urgency, text: self.v(key, "span", self.duration(left)), at }
    }

    /// Month and day, with the year when it is not this year's.
    fn day_and_month(&self, local: &ZonedDateTime, today: &ZonedDateTime) -> String {
        let form = match (self.locale, local.year() == today.year()) {
            (Locale::ZhCn, true) => "%-m月%-d日",
            (Locale::ZhCn, false) => "%-Y年%-m月%-d日",
            (Locale::En, true) => "%-d %b",
            (Locale::En, false) => "%-d %b %-Y",
        };
        local.strftime(form).to_string()
    }

    fn join(&self, day: &str, time: &str) -> String {
        match self.locale {
            Locale::ZhCn => format!("{day} {time}"),
            Locale::En => format!("{day}, {time}"),
        }
    }
}

/// Midnights crossed from `from` to `to`, negative when `to` lies before.
fn days_between(from: &ZonedDateTime, to: &ZonedDateTime) -> i64 {
    from.date().until(to.date()).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::civil::date;

    use super::*;
    use crate::i18n::{SHARED_TEXTS, Texts};

    fn at(day: i8, hour: i8, minute: i8) -> Ts {
        Ts::from_local(date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
    }

    fn in_both() -> (T, T) {
        let texts = Arc::new(Texts::new(&[SHARED_TEXTS]).unwrap());
        (texts.in_locale(Locale::ZhCn), texts.in_locale(Locale::En))
    }

    #[test]
    fn moments_are_relative_and_absolute() {
        let (zh, en) = in_both();
        let now = at(24, 14, 32);
        for (when, chinese, english) in [
            (at(25, 18, 0), "明天 18:00（11月25日）", "tomorrow 18:00 (25 Nov)"),
            (at(24, 18, 0), "今天 18:00（11月24日）", "today 18:00 (24 Nov)"),
            (at(24, 14, 20), "12 分钟前（14:20）", "12 minutes ago (14:20)"),
            (at(24, 15, 2), "30 分钟后（15:02）", "in 30 minutes (15:02)"),
            (at(24, 14, 32), "刚刚（14:32）", "just now (14:32)"),
            (at(24, 14, 32).plus_secs(40), "马上（14:32）", "in a moment (14:32)"),
            (at(23, 9, 12), "昨天 09:12（11月23日）", "yesterday 09:12 (23 Nov)"),
            (at(21, 9, 12), "3 天前（11月21日 09:12）", "3 days ago (21 Nov, 09:12)"),
            (at(29, 9, 0), "5 天后（11月29日 09:00）", "in 5 days (29 Nov, 09:00)"),
        ] {
            assert_eq!(zh.when(when, now), chinese);
            assert_eq!(en.when(when, now), english);
        }
        let last_year = Ts::from_local(date(2025, 3, 1).at(8, 0, 0, 0)).unwrap();
        assert_eq!(zh.when(last_year, now), "2025年3月1日 08:00");
        assert_eq!(en.date(now), "24 November 2026");
    }

    #[test]
    fn spans_have_two_parts() {
        let (zh, en) = in_both();
        assert_eq!(zh.duration(3 * DAY + 4 * HOUR + 59), "3 天 4 小时");
        assert_eq!(zh.duration(45 * MINUTE), "45 分钟");
        assert_eq!(en.duration(HOUR + MINUTE), "1 hour 1 minute");
        assert_eq!(zh.duration(20), "不到 1 分钟");
    }

    #[test]
    fn a_deadline_says_how_much_it_presses() {
        let (zh, _) = in_both();
        let now = at(24, 14, 0);
        let over = zh.clock(at(24, 12, 0), now);
        assert_eq!((over.urgency, over.text.as_str(), over.state()), (Urgency::Over, "已超时 2 小时", "act"));
        let soon = zh.clock(at(24, 18, 0), now);
        assert_eq!((soon.urgency, soon.text.as_str(), soon.at.as_str()), (Urgency::Soon, "还剩 4 小时", "11月24日 18:00"));
        assert_eq!(zh.clock(at(27, 14, 0), now).urgency, Urgency::Ahead);
    }
}
