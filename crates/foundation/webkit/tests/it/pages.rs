//! The layouts and components, drawn by a page like a room's.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get as route;
use linli_webkit::i18n::{Clockface, SHARED_TEXTS};
use linli_webkit::view::{Choice, Crumb, Figure, Pager, Step, Thumb};
use linli_webkit::{AppError, FieldProblem, Locale, NavLink, Page, Problems, RequestInfo, Shell, T, Texts, Who, open};

use crate::support::{ask, get, now, site};

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "layout.html" %}{% import "components.html" as c %}{% block main %}
{% call c::breadcrumb(t, crumbs) %}{% endcall %}<h1>{{ shell.title }}</h1>{% call c::errors(t, problems) %}{% endcall %}
{% call c::clock(clock) %}{% endcall %}{% call c::badge("well", "已办结") %}{% endcall %}{% call c::figure(figure) %}{% endcall %}
{% call c::timeline(t, shell.now, steps) %}{% endcall %}
<form method="post" data-queue>{% call c::key(shell) %}{% endcall %}
{% call c::input(t, "title", "标题", typed, hint = "一句话", error = problems.text(t, "title")) %}{% endcall %}
{% call c::area(t, "what", "内容", "", required = false) %}{% endcall %}{% call c::select(t, "kind", "类别", kinds, "b") %}{% endcall %}
{% call c::radios(t, "how", "方式", kinds, "a") %}{% endcall %}{% call c::tick("ok", "同意", true) %}{% endcall %}{% call c::photos(t, "photo", "照片") %}{% endcall %}
{% call c::main_button("提交", "check") %}{% endcall %}</form>{% call c::phone("025-12345678", "王芳", t) %}{% endcall %}
{% call c::empty("这里还没有记录", "", "/new", "新建") %}{% endcall %}{% call c::pager(t, pager) %}{% endcall %}{% endblock %}"#
)]
struct Everything {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    problems: Problems,
    clock: Clockface,
    figure: Figure,
    steps: Vec<Step>,
    typed: String,
    kinds: Vec<Choice>,
    pager: Pager,
}

async fn everything(info: RequestInfo) -> Page<Everything> {
    let t = info.t().clone();
    let who = Who {
        name: "王芳".into(),
        role: "楼栋管家".into(),
        place: "兰园".into(),
        href: "/me".into(),
        sign_out: "/leave".into(),
        key: "a1".into(),
    };
    let nav = vec![
        NavLink { href: "/all".into(), text: "全部".into(), icon: "list" },
        NavLink { href: "/al".into(), text: "别的".into(), icon: "map" },
    ];
    let photo = Thumb { href: "/p/1".into(), src: "/p/1/s".into(), alt: "灯罩破损".into() };
    let step = Step {
        at: now().plus_secs(-720),
        text: "已派王师傅".into(),
        who: "物业".into(),
        note: "带梯子".into(),
        photos: vec![photo],
        state: "info",
    };
    Page(Everything {
        shell: Shell::new(&info, "三号楼 <b>").signed(who, nav).live("/live?under=0001"),
        crumbs: vec![Crumb::new("玄武区", "/p/1"), Crumb::here("三号楼")],
        problems: Problems(vec![FieldProblem::new("title", "field-required").arg("label", "标题")]),
        clock: t.clock(now().plus_secs(-7_200), now()),
        figure: Figure {
            value: "437".into(),
            label: "老旧小区".into(),
            sentence: "比上月少 2 个".into(),
            state: "soon",
            href: "/old".into(),
        },
        steps: vec![step],
        typed: "\"><script>alert(1)</script>".into(),
        kinds: vec![Choice::new("a", "甲"), Choice::new("b", "乙").hint("次选")],
        pager: Pager { first: String::new(), older: "/all?before=9".into() },
        t,
    })
}

async fn drawn(demo: bool, path: &str) -> String {
    let mut site = site();
    site.demo = demo;
    let app = open(Router::new().route("/all", route(everything)), (), site).unwrap();
    ask(&app, get(path, &[])).await.text()
}

#[tokio::test]
async fn a_page_has_its_surroundings_and_nothing_inline() {
    let html = drawn(false, "/all").await;
    for part in [
        r#"<html lang="zh-CN" class="">"#,
        r##"href="#main""##,
        r#"aria-current="page""#,
        "data-live=\"/live?under=0001\"",
        "data-sign-out",
        "楼栋管家",
        r#"data-owner="a1" data-owner-name="王芳 · 楼栋管家 · 兰园""#,
        r##"<a href="#f-title">请填写标题</a>"##,
        r#"aria-invalid="true""#,
        r#"aria-describedby="f-title-hint f-title-wrong""#,
        r#"href="tel:025-12345678""#,
        "已超时 2 小时",
        "12 分钟前（14:20）",
        r#"<option value="b" selected>"#,
        r#"value="a" checked"#,
        r#"name="idempotency_key" value=""#,
        r#"rel="next""#,
        r#"type="file" accept="image/*" multiple"#,
    ] {
        assert!(html.contains(part), "missing: {part}\n{html}");
    }
    assert_eq!(html.matches("aria-current=\"page\"").count(), 2, "one in the navigation, one in the breadcrumb");
    assert!(!html.contains("<b>") && !html.contains("alert(1)</script>"), "what people wrote stays text");
    assert!(!html.contains(" style=") && !html.contains("onclick") && !html.contains("javascript:"));
    for (at, _) in html.match_indices("<script") {
        assert!(html[at..].starts_with("<script defer src=\"/assets/"), "no script of its own: {}", &html[at..at + 60]);
    }
    assert!(!html.contains("演示数据"));
}

#[tokio::test]
async fn elder_mode_and_the_stamp_are_on_the_page() {
    let html = drawn(true, "/all?elder=1").await;
    assert!(
        html.contains(r#"class="elder demo""#)
            && html.contains("演示数据")
            && html.contains("标准版")
            && html.contains("elder=0")
    );
}

#[test]
fn every_text_that_templates_and_sources_use_exists() {
    let texts = Arc::new(Texts::new(&[SHARED_TEXTS]).unwrap());
    let sources = [
        include_str!("../../templates/layout.html"),
        include_str!("../../templates/public.html"),
        include_str!("../../templates/print.html"),
        include_str!("../../templates/components.html"),
        include_str!("../../templates/error.html"),
        include_str!("../../templates/error-part.html"),
        include_str!("../../templates/words.html"),
        include_str!("../../templates/switches.html"),
        include_str!("../../templates/demo-stamp.html"),
        include_str!("../../templates/offline.html"),
        include_str!("../../src/assets.rs"),
        include_str!("../../src/i18n/dates.rs"),
    ];
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    let form = include_str!("../../src/form.rs");
    let keys = form.split("\"field-").skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| format!("field-{key}"));
    for key in keys {
        assert!(texts.has(&key), "{key}");
    }
    for locale in Locale::ALL {
        let t = texts.in_locale(locale);
        let error = AppError::invalid(vec![FieldProblem::new("a", "field-too-long").arg("max", 5).arg("found", 6)]);
        assert!(error.fields()[0].text(&t).contains('6'));
    }
}
