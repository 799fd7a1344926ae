// Keeps the agent registered, so that its number reaches it.
#pragma once

#include "settings.h"

#include "common/pointers.h"

#include <sofia-sip/nua.h>

namespace telephone {

class Registration {
 public:
  // `password`: asked for by the registrar's challenge (digest).
  Registration(nua_t* nua, const Registrar& registrar, std::string password);
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  nua_handle_t* handle() const { return handle_; }
  void answered(int status, const char* phrase, const sip_t* message); // of REGISTER
  void end();                                                          // no new calls shall come
  bool registered() const { return registered_; }

 private:
  void ask();

  const Registrar& registrar_;
  const std::string password_, identity_;
  nua_handle_t* const handle_;
  bool challenged_ = false, registered_ = false, ending_ = false;
  SourceId retry_;
};

} // namespace telephone
