//! Asks the linker to keep one copy of functions that came out equal: of the futures and their clean-up a third is made again and again. And to write
//! down where addresses are to be adjusted as bits, not as rows of 24 bytes, which every libc since 2.36 (Debian 12) reads.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Since 1.90 the compiler brings LLD and uses it for this target; other linkers do not know the option.
    let ours = std::env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu");
    if ours {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
