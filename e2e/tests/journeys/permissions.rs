//! What one may not do, as it is seen.

use anyhow::ensure;
use linli_e2e::{Device, House, Window};

/// A visitor is sent to the door and comes back; a steward is told no, and is not shown the way.
pub async fn are_seen(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        phone.go("/my-day").await?;
        phone.arrive("/login").await?;
        phone.write("#f-login", "guanjia").await?;
        phone.write("#f-password", "not the password").await?;
        phone.tap("main form button[type=submit]").await?;
        phone.see("#errors", "账号或密码不对").await?;
        phone.write("#f-password", house.password("guanjia")?).await?;
        phone.tap("main form button[type=submit]").await?;
        // Somebody with several posts says first which one, and then comes to where they wanted to go.
        phone.arrive("/choose-role").await?;
        phone.tap("button.row").await?;
        phone.arrive("/my-day").await?;
        for path in ["/admin/import", "/admin/accounts", "/admin/people"] {
            ensure!(!phone.has(&format!(".nav a[href='{path}']")).await?, "the steward is shown the way to {path}");
            phone.go(path).await?;
            phone.see("h1", "当前岗位不能做这件事").await?;
            ensure!(!phone.has("main form").await?, "the steward got the form of {path}");
            ensure!(!phone.text(".ref").await?.is_empty(), "no request id on the refusal");
        }
        // Signing out takes everything with it.
        phone.go("/my-day").await?;
        phone.tap("form[data-sign-out] button").await?;
        phone.arrive("/").await?;
        phone.until("!document.querySelector('.who')").await?;
        phone.go("/my-day").await?;
        phone.arrive("/login").await
    })
    .await
}
