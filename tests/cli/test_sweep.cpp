#include <doctest/doctest.h>

#include "program.hpp"

TEST_CASE("a picture of a sweep draws a metric which changes, over the field with most values") {
  const Folder folder("sweep");
  CHECK(folder.run("mlsysim sweep chatbot --vary batch=1..256 --svg batch.svg").code == 0);
  auto picture = content(folder / "batch.svg");
  CHECK(picture.starts_with("<svg"));
  // The time to the first token does not depend on the batch, and is what the table shows first.
  CHECK(picture.find("serving.itl over batch") != picture.npos);
  CHECK(picture.find("20 ms") != picture.npos);
  CHECK(folder.run("mlsysim sweep memory_wall --vary 'hardware.memory.bandwidth=1TB/s..8TB/s:1TB/s,batch=1|64' --svg two.svg").code == 0);
  picture = content(folder / "two.svg");
  CHECK(picture.find("performance.latency over hardware.memory.bandwidth") != picture.npos);
  CHECK(picture.find(">batch 64<") != picture.npos);
}

TEST_CASE("a picture of a metric which stays the same still has a scale") {
  const Folder folder("flat");
  CHECK(folder.run("mlsysim sweep chatbot --vary batch=1..8 --metric serving.ttft --svg flat.svg").code == 0);
  CHECK(content(folder / "flat.svg").find("24 ms") != std::string::npos);
}

TEST_CASE("a front by a metric which the scenario does not yield is refused, with what is missing") {
  const Folder folder("front");
  const auto o = folder.run("mlsysim pareto chatbot --vary batch=1..4 --objective serving.itl:min --objective economics.per_token:min");
  CHECK(o.code == 2);
  CHECK(o.err.find("error[E0313]: no point has 'economics.per_token'") != o.err.npos);
}
