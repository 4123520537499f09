//! Compiles the shims twice: once summing up every byte, for the proof that all read the same, and once next to nothing.

fn main() {
    println!("cargo::rerun-if-changed=shims");
    let found: Vec<_> = ["expat", "libxml-2.0", "pugixml"].map(|name| (name, pkg_config::probe_library(name))).into();
    let mut includes = Vec::new();
    for (name, library) in found {
        match library {
            Ok(library) => includes.extend(library.include_paths),
            Err(error) => panic!(
                "{name} is needed here (and only here): apt-get install libexpat1-dev libxml2-dev libpugixml-dev \
                 librapidxml-dev pkg-config\n{error}"
            ),
        }
    }
    for sink in ["every", "touch"] {
        let define = format!("SINK_{}", sink.to_uppercase());
        let mut c = cc::Build::new();
        c.files(["shims/expat.c", "shims/libxml2.c"]).std("c11");
        let mut cpp = cc::Build::new();
        cpp.cpp(true).files(["shims/pugixml.cpp", "shims/rapidxml.cpp"]).std("c++17");
        for (build, language) in [(&mut c, "c"), (&mut cpp, "cpp")] {
            build.opt_level(3).define(&define, None).includes(&includes).warnings(true).extra_warnings(true);
            build.flag("-isystem/usr/include/rapidxml").compile(&format!("{language}_{sink}"));
        }
    }
}
